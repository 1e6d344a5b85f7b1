// Drives an SDK for browsers, unmodified, in Chromium: PAGE is a page on another origin than API. Prints what the browser asked for and
// what it complained of, as JSON.
import { chromium } from 'playwright-core'

const { PAGE, API, WRITE_KEY, CHROMIUM, PROFILE, SCENARIO, AGENT } = process.env
const context = await chromium.launchPersistentContext(PROFILE, {
  executablePath: CHROMIUM,
  userAgent: AGENT || undefined,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
})
const requests = [], complaints = []
const page = context.pages()[0] ?? (await context.newPage())
page.on('request', (r) => requests.push(r.method() + ' ' + r.url()))
page.on('console', (m) => ['error', 'warning'].includes(m.type()) && complaints.push(m.text()))
page.on('pageerror', (e) => complaints.push(String(e)))

const scenarios = {
  segment: async ({ API, WRITE_KEY }) => {
    const analytics = AnalyticsNext.AnalyticsBrowser.load({ writeKey: WRITE_KEY, cdnURL: API })
    const [instance] = await analytics
    const first = instance.user().anonymousId()
    await analytics.page('Docs', 'Pricing')
    await analytics.track('Demo Requested', { plan: 'pro', url: location.href })
    await analytics.identify('u1', { email: 'anna@acme.com' })
    await analytics.group('g1', { name: 'Acme' })
    await analytics.track('After Identify')
    await analytics.reset()
    await analytics.page()
    return [first, instance.user().anonymousId()]
  },
  // The facts are still in the page when it is left: the SDK sends them while the page goes away.
  leaving: async ({ API, WRITE_KEY }) => {
    const analytics = AnalyticsNext.AnalyticsBrowser.load({ writeKey: WRITE_KEY, cdnURL: API },
      { integrations: { 'Segment.io': { deliveryStrategy: { strategy: 'batching', config: { size: 100, timeout: 3600_000 } } } } })
    const [instance] = await analytics
    for (let i = 0; i < 5; i++) await instance.track('Kept Until Leaving', { i })
    addEventListener('pagehide', () => navigator.sendBeacon(API + '/v1/b?writeKey=' + WRITE_KEY,
      JSON.stringify({ batch: [{ type: 'track', event: 'By Beacon', anonymousId: 'a9', messageId: 'beacon-1' }] })))
    return [instance.user().anonymousId()]
  },
  rudder: async ({ API, WRITE_KEY }) => {
    const { RudderAnalytics } = window.rudderanalytics
    const rudder = new RudderAnalytics()
    const ready = new Promise((resolve) => rudder.ready(resolve))
    rudder.load(WRITE_KEY, API, { configUrl: API })
    await ready
    rudder.page('Docs', 'Pricing')
    rudder.identify('u1', { email: 'anna@acme.com' })
    rudder.track('Demo Requested', { plan: 'pro' })
    rudder.group('g1', { name: 'Acme' })
    return [rudder.getAnonymousId()]
  },
}

await page.goto(PAGE)
const anonymous = await page.evaluate(scenarios[SCENARIO], { API, WRITE_KEY })
if (SCENARIO === 'leaving') await page.goto(PAGE + '?left')
console.log(JSON.stringify({ requests, complaints, anonymous }))
// The test has counted the facts when it closes standard input.
for await (const _ of process.stdin);
await context.close()
