// Recent events in a real browser: they come by the server's stream, wait while the page pauses, and go on after the server was away.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { able, Place } from './server'

describe.skipIf(!able)('recent events', () => {
  const place = new Place()
  let page: Page
  let key = ''
  let polls = 0

  beforeAll(async () => {
    place.build()
    const link = await place.serve(['--demo', '--accounts', '20'], /Sign in: (\S+)\n/)
    key = (JSON.parse(place.run(['key', 'create', '--kind', 'write', '--name', 'Site', '--json'])) as { key: string }).key
    page = await place.browse((text) => text.includes('ERR_CONNECTION_REFUSED') || text.includes('ERR_INCOMPLETE_CHUNKED_ENCODING'))
    page.on('request', (r) => r.url().includes('/api/v1/events?') && polls++)
    await page.goto(link)
    await page.getByRole('heading', { level: 1 }).waitFor()
  }, 240_000)

  afterAll(() => place.stop(), 30_000)

  const send = async (...names: string[]) => {
    const batch = names.map((event) => ({ type: 'track', userId: 'u1', event }))
    const sent = await fetch(place.url + '/v1/batch', { method: 'POST', headers: { Authorization: 'Basic ' + btoa(key + ':'), 'Content-Type': 'application/json' }, body: JSON.stringify({ batch }) })
    expect(sent.status).toBe(200)
  }
  const row = (name: string) => page.getByRole('row', { name: new RegExp(name) })

  test('appear as they come in, without the list being asked for again', async () => {
    await page.goto(place.url + '/data/events')
    await page.getByText('Live: events appear').waitFor()
    await row('.').first().waitFor()
    const before = polls
    await send('Came By Stream')
    await row('Came By Stream').waitFor()
    expect(polls).toBe(before)
    await page.getByLabel('Kind').selectOption('page')
    await page.getByText('Live: events appear').waitFor()
    await send('Of Another Kind')
    await page.getByLabel('Kind').selectOption('')
    await row('Of Another Kind').waitFor()
  }, 60_000)

  test('wait while the page pauses', async () => {
    await page.getByText('Live: events appear').waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('Paused.').waitFor()
    await send('First While Paused', 'Second While Paused')
    await page.getByText('2 newer events wait.').waitFor()
    expect(await row('While Paused').count()).toBe(0)
    await page.getByRole('button', { name: 'Go on' }).click()
    await row('Second While Paused').waitFor()
    await page.getByText('Live: events appear').waitFor()
  }, 60_000)

  test('stay few on the page, however many come', async () => {
    for (let n = 0; n < 6; n++) await send(...Array.from({ length: 60 }, (_, i) => `Burst ${n} ${i} end`))
    await row('Burst 5 59 end').waitFor()
    expect(await page.locator('tbody tr').count()).toBeLessThanOrEqual(200)
    await page.getByRole('button', { name: 'Next' }).waitFor()
  }, 60_000)

  test('go on after the server was away, and the page says so', async () => {
    await place.down() // with the stream open: it must not keep the server
    await page.getByText('The connection to the server broke off.').waitFor()
    await place.serve(['--demo', '--accounts', '20'], /serves on (\S+)/)
    await page.getByRole('button', { name: 'Connect now' }).or(page.getByText('Live: events appear')).first().waitFor()
    await page.getByText('Live: events appear').waitFor({ timeout: 60_000 })
    await send('After The Restart')
    await row('After The Restart').waitFor()
  }, 120_000)

  test('the browser had nothing to complain of', () => expect(place.complaints).toEqual([]))
})
