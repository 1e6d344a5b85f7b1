// Drives an SDK for Node, unmodified, against the server at API, and exits when everything is flushed.
const { API, WRITE_KEY, SDK } = process.env

if (SDK === '@segment/analytics-node') {
  const { Analytics } = await import(SDK)
  const analytics = new Analytics({ writeKey: WRITE_KEY, host: API, flushAt: 20, maxRetries: 5 })
  analytics.on('error', (e) => console.error('error event:', e.code, String(e.reason)))
  say(analytics)
  await analytics.closeAndFlush({ timeout: 60_000 })
} else {
  const { default: Analytics } = await import(SDK)
  const analytics = new Analytics(WRITE_KEY, { host: API, flushAt: 20 })
  say(analytics)
  await analytics.flush()
}

function say(a) {
  const timestamp = new Date(Date.now() - 60_000)
  a.identify({ userId: 'u1', traits: { email: 'anna@acme.com', plan: 'pro' }, timestamp })
  for (let i = 0; i < 30; i++) a.track({ userId: 'u1', event: 'Report Exported', properties: { n: i } })
  a.page({ userId: 'u1', category: 'Docs', name: 'Pricing', properties: { url: 'https://acme.com/pricing?x=1' } })
  a.screen({ anonymousId: 'a1', name: 'Home' })
  a.group({ userId: 'u1', groupId: 'g1', traits: { name: 'Acme' } })
  a.alias({ userId: 'u1', previousId: 'a1' })
}
