// The channel review: its page in a real browser says what the API says, opens each verdict to its reasons and rules, and simulates a move of
// spend that stands in the URL; what it draws and says is tried without a browser.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Measured, MixRow, Returns, Review, Scenario } from '../src/api/measure'
import { figureText, intervalText, said } from '../src/parts/measure/figures'
import { mixTitle } from '../src/parts/review/Mix'
import { marks, scales } from '../src/parts/review/returns'
import { candidates } from '../src/parts/review/Scenario'
import { verdictText } from '../src/parts/review/Verdict'
import { able, Place } from './server'

describe('what the page draws and says', () => {
  const fit = { points: [{ month: '2026-01', spend: 1000, leads: 4 }, { month: '2026-02', spend: 4000, leads: 8 }], curve: [{ spend: 1000, leads: 4, low: 3, high: 5 }, { spend: 4000, leads: 8, low: 6, high: 30 }] } as unknown as Returns

  test('half of the spend lies at half of the width, and what is above the box ends at its edge', () => {
    const s = scales(fit, { left: 10, top: 0, right: 110, bottom: 100 })
    expect([s.x(0), s.x(2000), s.x(4000)]).toEqual([10, 60, 110])
    expect(s.y(0)).toBe(100)
    expect(s.y(30)).toBe(0)
    expect(s.y(8)).toBeGreaterThan(0)
  })
  test.each([
    [0, [0]],
    [4, [0, 1, 2, 3, 4]],
    [9, [0, 2, 4, 6, 8]],
    [100, [0, 20, 40, 60, 80, 100]],
    [1234, [0, 250, 500, 750, 1000]],
  ])('marks up to %d', (most, want) => expect(marks(most)).toEqual(want))
  test('the mix says who has more and who has less', () => {
    const row = (channel: string, verdict: string) => ({ channel, verdict }) as MixRow
    expect(mixTitle([row('A', 'above'), row('B', 'below'), row('C', 'below')])).toBe('A has more of the spend than recommended; B and C have less')
    expect(mixTitle([row('A', 'within')])).toBe('The mix is the recommended one')
    expect(mixTitle([row('A', 'not_judged')])).toBe('The recommended mix')
  })
  test('a move begins with the suggested one, and needs two channels with spend', () => {
    const x = (suggested: Review['suggested']) =>
      ({ suggested, channels: [['A', 5, 1], ['B', 9, 0], ['C', 2, 7], ['D', 0, 3]].map(([channel, minor, leads]) => ({ channel, cost: { spend: { minor }, leads } })) }) as unknown as Review
    expect(candidates(x({ from: 'C', to: 'A', share: 0.2 }))).toEqual({ from: ['C', 'A', 'B'], to: ['A', 'C', 'B'] })
    expect(candidates(x(undefined))).toEqual({ from: ['A', 'C', 'B'], to: ['C', 'A', 'B'] })
    expect(candidates({ channels: null } as unknown as Review)).toEqual({ from: [], to: [] })
  })
})

describe.skipIf(!able)('the channel review in a browser', () => {
  const place = new Place()
  let url = ''
  let page: Page
  let x: Review

  beforeAll(async () => {
    place.build()
    const link = await place.serve(['--demo', '--accounts', '150'], /Sign in: (\S+)\n/)
    url = place.url
    page = await place.browse((text) => text.includes('401') || text.includes('422'))
    await page.goto(link)
    await page.waitForURL(url + '/')
    x = await report<Review>('review')
  }, 300_000)

  afterAll(() => place.stop(), 30_000)

  const report = async <T>(what: string, query = ''): Promise<T> =>
    ((await page.evaluate(async (path) => (await fetch(path)).json() as Promise<unknown>, `/api/v1/measure/${what}${query}`)) as Measured<T>).report
  const ready = async () => {
    await page.waitForFunction(() => !document.querySelector('.mantine-Skeleton-root') && !!document.querySelector('h1')?.textContent?.trim())
  }

  test('each channel has its verdict and its figures, and the answer is the title', async () => {
    await page.goto(url + '/')
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Channel review' }).click()
    await expect.poll(() => page.locator('h1').innerText()).toBe(x.words)
    await ready()
    expect(x.channels!.length).toBeGreaterThan(5)
    const table = page.getByRole('region', { name: 'What to do with each channel' })
    for (const c of x.channels!) {
      const row = table.getByRole('row').filter({ has: page.getByRole('button', { name: `${c.channel}: ${verdictText(c)}. Why?` }) })
      expect(await row.locator('[data-figure="cpl"]').innerText()).toContain(figureText(c.cost.cpl))
      expect(await row.locator('[data-figure="first_touch_to_opportunity"]').innerText()).toContain(figureText(c.lag))
    }
  }, 60_000)

  test('a verdict opens by keyboard to its reasons and the rules that were asked, and stands in the URL', async () => {
    const c = x.channels!.find((k) => k.verdict !== 'too_early')!
    await page.getByRole('button', { name: `${c.channel}: ${verdictText(c)}. Why?` }).focus()
    await page.keyboard.press('Enter')
    const panel = page.getByRole('dialog', { name: c.channel })
    for (const words of c.reasons!) await panel.getByText(said(words), { exact: true }).first().waitFor()
    await panel.getByText(x.rules!.find((k) => k.name === c.rule)!.when + '.', { exact: true }).waitFor()
    await panel.getByText('All rules, in the order in which they are asked').click()
    expect(await panel.locator('.rules li').count()).toBe(x.rules!.length)
    expect(await panel.locator('.rules li[aria-current]').innerText()).toContain('holds: it decides')
    expect(new URL(page.url()).searchParams.get('channel')).toBe(c.channel)
    await page.keyboard.press('Escape')
    await page.waitForURL((u) => !u.searchParams.has('channel'))
  }, 60_000)

  test('a move of spend is simulated, stands in the URL, and says what it rests on', async () => {
    const { from, to } = candidates(x)
    const region = page.getByRole('region', { name: 'Move spend' })
    await region.getByLabel('Share of its spend').selectOption('0.5')
    await region.getByLabel('From channel').selectOption(from[1]!)
    await region.getByLabel('To channel').selectOption(to.find((c) => c !== from[1])!)
    const at = new URL(page.url()).searchParams
    const s = await report<Scenario>('review/scenario', `?${new URLSearchParams({ from_channel: from[1]!, to_channel: at.get('to_channel') ?? to[0]!, share: at.get('share')! })}`)
    await region.getByText(said(s.words), { exact: true }).waitFor()
    const card = region.locator('.card').filter({ has: page.locator('[data-figure="opportunities_change"]') })
    expect(await card.locator('[data-figure]').innerText()).toBe(figureText(s.opportunities))
    expect(await card.innerText()).toContain(intervalText(s.opportunities))
    await region.getByText('What this assumes').click()
    for (const words of s.assumptions!) await region.getByText(said(words), { exact: true }).waitFor()
    await page.reload()
    await region.getByText(said(s.words), { exact: true }).waitFor()
  }, 60_000)

  test('a move that cannot be is refused with the reason', async () => {
    const { from } = candidates(x)
    await page.goto(`${url}/measure/review?${new URLSearchParams({ from_channel: from[0]!, to_channel: from[0]! })}`)
    await page.getByRole('region', { name: 'Move spend' }).getByText('spend is moved from one channel to another').waitFor()
  }, 60_000)

  test('where returns can be told they are drawn, and the answer is the title', async () => {
    const told = structuredClone(x)
    const c = told.channels![0]!
    c.returns.words = '10% more spend came with about 4% more leads (2% to 6%): returns diminish.'
    c.returns.points = [1, 2, 3, 4].map((i) => ({ month: `2026-0${i}`, spend: 100_000 * i, leads: 20 * Math.sqrt(i) }))
    c.returns.curve = [1, 2, 3, 4].map((i) => ({ spend: 100_000 * i, leads: 20 * Math.sqrt(i), low: 15 * Math.sqrt(i), high: 25 * Math.sqrt(i) }))
    await page.route('**/api/v1/measure/review', (r) => r.fulfill({ json: { position: 1, at: '2026-06-01T00:00:00.000Z', playbook: 'x', report: told } }))
    await page.goto(url + '/measure/review')
    const chart = page.getByRole('img', { name: `${c.channel}: ${c.returns.words}` })
    await chart.waitFor()
    expect(await chart.locator('circle').count()).toBe(4)
    expect(await chart.locator('path.line').getAttribute('d')).not.toMatch(/NaN|Infinity/)
    await page.unroute('**/api/v1/measure/review')
  }, 60_000)

  test('printed, every channel has its reasons; a time in which nothing was says so', async () => {
    await page.goto(url + '/measure/review')
    await ready()
    await page.emulateMedia({ media: 'print' })
    for (const c of x.channels!) expect(await page.getByRole('heading', { name: `${c.channel}: ${verdictText(c)}` }).isVisible()).toBe(true)
    expect(await page.getByLabel('From channel').isVisible()).toBe(false)
    await page.emulateMedia({ media: 'screen' })
    await page.goto(`${url}/measure/review?period=custom&from=1999-01-01&to=1999-01-31`)
    await page.locator('#main').getByRole('link', { name: 'Import spend' }).waitFor()
    expect(await page.locator('#main').innerText()).not.toMatch(/NaN|undefined|Infinity/)
  }, 60_000)

  test('the browser complained of nothing', () => expect(place.complaints).toEqual([]))
})
