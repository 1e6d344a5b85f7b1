// The measurement's pages in a real browser against a real server: every figure on them is the API's, opens to its rule, and every choice
// stands in the URL. Needs Go and Chromium; says so and is left out without them.
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Amount, Attribution, Behind, ChanceBehind, CostRow, CreditBehind, DealBehind, DealRow, Economics, Figure, Funnel, Journey, Measured, RevenuePlan, Sales, StayBehind, Total } from '../src/api/measure'
import { count } from '../src/parts/format'
import { creditText } from '../src/parts/measure/credits'
import { figureText, minorMoney, share, verdictOf } from '../src/parts/measure/figures'
import { daysOf } from '../src/parts/measure/span'
import { able, Place } from './server'

describe.skipIf(!able)('measurement in a browser', () => {
  const place = new Place()
  let url = ''
  let page: Page

  beforeAll(async () => {
    place.build()
    const link = await place.serve(['--demo', '--accounts', '300'], /Sign in: (\S+)\n/)
    url = place.url
    page = await place.browse((text) => text.includes('401') || text.includes('500'))
    await page.goto(link)
    await page.waitForURL(url + '/')
  }, 300_000)

  afterAll(() => place.stop(), 30_000)

  const report = async <T>(what: string, query = ''): Promise<T> =>
    ((await page.evaluate(async (path) => (await fetch(path)).json() as Promise<unknown>, `/api/v1/measure/${what}${query}`)) as Measured<T>).report
  const ready = async (title: string) => {
    await page.waitForFunction(() => !document.querySelector('.mantine-Skeleton-root') && !!document.querySelector('h1')?.textContent?.trim())
    await page.getByRole('region', { name: title, exact: true }).waitFor()
  }
  /** What a table's cell of a figure reads: its value, the least it is, its verdict. */
  const begins = (text: string, f: Figure) => {
    expect(text.startsWith(figureText(f)), `${text} of ${f.key}`).toBe(true)
    const v = verdictOf(f)
    if (v) expect(text.endsWith(v.short), text).toBe(true)
  }
  const figures = (region: string, row: string) =>
    page.getByRole('region', { name: region, exact: true }).getByRole('row').filter({ has: page.getByText(row, { exact: true }) }).first().locator('[data-figure]').allInnerTexts()

  test('the funnel is the API\'s', async () => {
    await page.goto(url + '/measure/funnel')
    await ready('People')
    const r = await report<Funnel>('funnel')
    const steps = [...(r.contacts ?? []), ...(r.accounts ?? [])]
    expect(steps.length).toBe(6)
    for (const s of steps) {
      const card = page.locator('.card').filter({ has: page.locator(`[data-figure="${s.key}"]`) })
      expect(await card.locator(`[data-figure="${s.key}"]`).innerText()).toBe(figureText(s.total.rate))
      expect(await card.locator(`[data-figure="${s.key}_days"]`).innerText()).toBe(figureText(s.total.median))
      expect(await card.locator(`[data-figure="${s.key}_kaplan_meier"]`).innerText()).toBe(figureText(s.total.kaplan_meier))
      const v = verdictOf(s.total.rate)
      if (v) expect(await card.innerText()).toContain(v.long)
    }
    const chosen = steps.find((s) => s.key === 'mql_to_opportunity')!
    const cells = await page.getByRole('region', { name: 'By month of entry' }).locator('.cell').allInnerTexts()
    expect(cells).toEqual((chosen.cohorts ?? []).flatMap((c) => (c.cells ?? []).filter((x) => x.month < 12 && x.rate !== null).map((x) => share(x.rate!) + (x.complete ? '' : '…'))))
    for (const s of chosen.dimensions![0]!.segments!.filter((x) => x.label).slice(0, 3)) begins((await figures('By what brought them and who they are', s.label))[0]!, s.rate)
    await page.getByRole('link', { name: 'Curve and cohorts, Opportunity to won' }).click()
    await page.waitForURL(/step=opportunity_to_close/)
    await page.getByRole('heading', { name: 'Opportunity to won: share converted by day' }).waitFor()
  }, 60_000)

  test('a span of days stands in the URL, and the figures are of it', async () => {
    await page.goto(url + '/measure/funnel')
    await ready('People')
    await page.getByLabel('Period').selectOption('last-quarter')
    await page.waitForURL(/period=last-quarter/)
    const today = await page.evaluate(() => { const d = new Date(); return [d.getFullYear(), d.getMonth(), d.getDate()] as [number, number, number] })
    const { from, to } = daysOf('last-quarter', new Date(...today))
    const r = await report<Funnel>('funnel', `?from=${from}&to=${to}`)
    await expect.poll(() => page.locator('[data-figure="lead_to_mql"]').first().innerText()).toBe(figureText(r.contacts![0]!.total.rate))
    await page.reload()
    await ready('People')
    expect(await page.locator('[data-figure="lead_to_mql"]').first().innerText()).toBe(figureText(r.contacts![0]!.total.rate))
  }, 60_000)

  test('a figure opens by keyboard to its rule, stands in the URL, and closes', async () => {
    await page.goto(url + '/measure/sales')
    await ready('Velocity and its four factors')
    const r = await report<Sales>('sales')
    await page.locator('[data-figure="win_rate"]').first().focus()
    await page.keyboard.press('Enter')
    const drawer = page.getByRole('dialog', { name: 'Win rate' })
    await drawer.getByText(r.total.win_rate.rule).waitFor()
    expect(await drawer.innerText()).toContain(`${r.total.won} ÷ ${r.total.won + r.total.lost} = ${figureText(r.total.win_rate)}`)
    expect(page.url()).toContain('figure=')
    await page.reload()
    await drawer.getByText(r.total.win_rate.rule).waitFor()
    await page.keyboard.press('Escape')
    await page.waitForURL((u) => !u.search.includes('figure='))
  }, 60_000)

  test('channels cost what the API says, and the export holds the same', async () => {
    await page.goto(url + '/measure/channels')
    await ready('By channel')
    const e = await report<Economics>('economics')
    const of = async (r: CostRow, name: string) => {
      const texts = await figures('By channel', name)
      begins(texts[0]!, r.cpl)
      begins(texts[1]!, r.cac)
    }
    for (const c of (e.channels ?? []).filter((x) => x.channel)) await of(c, c.channel)
    await of(e.blended, 'All')
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export By channel as CSV' }).click()
    const lines = readFileSync((await (await download).path())!, 'utf8').trim().split('\n')
    expect(lines.length).toBe(2 + e.channels!.length)
    const [heads, last] = [lines[0]!.split(','), lines.at(-1)!.split(',')]
    expect(Number(last[heads.indexOf('Spend')])).toBe(e.blended.spend.minor / 100)
    expect(Number(last[heads.indexOf('Leads')])).toBe(e.blended.leads)
    expect(Number(last[heads.indexOf('CPL')])).toBe(e.blended.cpl.value! / 100)
  }, 60_000)

  test('the test bench says which channel a link is', async () => {
    await page.goto(url + '/measure/channels')
    const bench = page.getByRole('region', { name: 'What would this URL be?' })
    await bench.getByLabel('URL').fill('https://acme.example/?utm_source=linkedin&utm_medium=paid-social')
    await page.keyboard.press('Enter')
    await bench.getByText('LinkedIn ads', { exact: true }).waitFor()
    expect(page.url()).toContain('utm_source')
  }, 60_000)

  test('attribution adds up in every column, and its columns can be chosen', async () => {
    await page.goto(url + '/measure/attribution?models=all&measure=pipeline')
    await ready('Models side by side')
    const r = await report<Attribution>('attribution', '?measure=pipeline')
    expect(r.deals).toBeGreaterThan(0)
    const table = page.getByRole('region', { name: 'Models side by side' })
    expect(await table.getByRole('columnheader').count()).toBe(1 + r.models!.length)
    for (const k of r.models!) expect(r.rows!.reduce((sum, x) => sum + x.credits[k]!, 0)).toBe(r.total)
    const foot = await table.locator('tfoot td').allInnerTexts()
    expect(foot.every((text) => text.startsWith('100%'))).toBe(true)
    const top = r.rows!.find((x) => !x.value.startsWith('('))!
    const cells = await table.getByRole('row').filter({ has: page.getByText(top.value, { exact: true }) }).first().locator('td').allInnerTexts()
    r.models!.forEach((k, i) => expect(cells[i + 1]!.split('\n')[0]).toBe(top.credits[k] ? share(top.credits[k] / r.total) : '—'))
    await table.getByRole('button', { name: /^Models/ }).click()
    await page.getByRole('checkbox', { name: 'Linear', exact: true }).uncheck()
    await page.waitForURL((u) => !(u.searchParams.get('models') ?? 'all').split(',').includes('linear') && u.searchParams.get('models') !== 'all')
    await expect.poll(() => table.getByRole('columnheader').count()).toBe(r.models!.length)
  }, 60_000)

  test('own weights, a half-life and a Markov order stand in the URL, and the figures are theirs', async () => {
    await page.goto(url + '/measure/attribution?models=custom,linear&measure=pipeline')
    await ready('Models side by side')
    const table = page.getByRole('region', { name: 'Models side by side' })
    const weights = page.getByRole('textbox', { name: /^Custom weights/ })
    await weights.fill('30,30')
    await page.getByText('Five whole numbers').waitFor()
    await weights.fill('10 0 0 0 0')
    await weights.press('Enter')
    await page.waitForURL((u) => u.searchParams.get('weights') === '10,0,0,0,0')
    await page.getByLabel('Half-life').selectOption('30')
    await page.getByLabel('Markov order').selectOption('2')
    await page.waitForURL((u) => u.searchParams.get('half_life_days') === '30' && u.searchParams.get('order') === '2')
    const r = await report<Attribution>('attribution', '?measure=pipeline&weights=10,0,0,0,0&half_life_days=30&order=2')
    for (const x of r.rows!) expect(x.credits.custom, x.value).toBe(x.credits.first)
    const top = r.rows!.filter((x) => !x.value.startsWith('(')).sort((a, b) => b.credits.custom! - a.credits.custom!)[0]!
    const cell = table.getByRole('row').filter({ has: page.getByText(top.value, { exact: true }) }).first().locator('td')
    await expect.poll(async () => (await cell.allInnerTexts()).map((text) => text.split('\n')[0])).toContain(share(top.credits.custom! / r.total))
    await expect.poll(() => table.getByRole('columnheader').allInnerTexts()).toContain('Custom')
  }, 60_000)

  test('sales are the API\'s, by owner and whole', async () => {
    await page.goto(url + '/measure/sales')
    await ready('Velocity and its four factors')
    const r = await report<Sales>('sales')
    expect(await page.locator('[data-figure="velocity"]').first().innerText()).toBe(figureText(r.total.velocity.velocity))
    const owners: DealRow[] = r.dimensions!.find((d) => d.name === 'owner')!.rows!.slice(1)
    for (const o of owners.filter((x) => x.label).slice(0, 5)) begins((await figures('Win rate, cycle and velocity', o.label))[0]!, o.win_rate)
    expect(await page.locator('[data-figure="forecast"]').first().innerText()).toBe(figureText(r.forecast.expected))
  }, 60_000)

  test('a figure opens to the leads and deals behind it, and a deal to its journey', async () => {
    await page.goto(url + '/measure/channels')
    await ready('By channel')
    const won = await report<Behind<DealBehind>>('deals', '?status=won')
    const cac = page.locator('.card [data-figure="cac"]')
    await cac.click()
    const drawer = page.getByRole('dialog', { name: 'CAC', exact: true })
    await drawer.locator('.behind li').first().waitFor()
    expect(await drawer.innerText()).toMatch(won.total === 1 ? /1 deal\./ : new RegExp(`(of )?${won.total} deals\\.`))
    await drawer.locator('.behind a').first().click()
    await page.waitForURL(/\/measure\/journeys\/opp_/)
    const id = new URL(page.url()).pathname.split('/').at(-1)!
    expect(id).toBe(won.data![0]!.id)
    await page.waitForFunction(() => !document.querySelector('.mantine-Skeleton-root') && !!document.querySelector('h1')?.textContent?.trim())
    const journey = await report<Journey>(`journeys/${id}`)
    for (const k of (journey.models ?? []).filter((k) => (journey.touches ?? []).some((x) => x.credits[k]))) {
      expect(journey.touches!.reduce((sum, x) => sum + (x.credits[k] ?? 0), 0), k).toBe(won.data![0]!.amount!.minor)
    }
    if (journey.touches?.length) await expect.poll(() => page.locator('tbody tr').count(), { timeout: 20_000 }).toBe(Math.min(journey.touches.length, journey.touches.length > 61 ? 60 : 61))
  }, 60_000)

  test('counts and credits open to what they count, which adds up to them', async () => {
    await page.goto(url + '/measure/attribution?models=linear,markov&measure=pipeline&by=source')
    await ready('Models side by side')
    const r = await report<Attribution>('attribution', '?measure=pipeline&by=source')
    const top = r.rows!.filter((x) => !x.value.startsWith('(')).sort((a, b) => b.credits.linear! - a.credits.linear!)[0]!
    const behind = await report<Behind<CreditBehind> & { sum: number | null }>('attribution/deals', `?measure=pipeline&by=source&model=linear&limit=500&value=${encodeURIComponent(top.value)}`)
    expect(behind.sum).toBe(top.credits.linear)
    expect(behind.data!.reduce((sum, x) => sum + x.credit!, 0)).toBe(top.credits.linear)
    await page.locator(`[data-drill="${top.value}/linear"]`).click()
    const drawer = page.getByRole('dialog')
    await drawer.locator('.behind li').first().waitFor()
    expect(await drawer.locator('.behind a').first().innerText()).toBe(behind.data![0]!.name || behind.data![0]!.id)
    expect(await drawer.innerText()).toContain(creditText(top.credits.linear!, r))
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'hidden' })
    await page.locator(`[data-drill="${top.value}/markov"]`).click()
    await drawer.getByText('This model learns from all journeys together').waitFor()
    await page.goto(url + '/measure/funnel?step=lead_to_mql&by=persona')
    await ready('By what brought them and who they are')
    const f = await report<Funnel>('funnel')
    const step = f.contacts!.find((s) => s.key === 'lead_to_mql')!
    const s = step.dimensions!.find((d) => d.name === 'persona')!.segments!.find((x) => x.converted > 0)!
    await page.locator(`[data-drill="lead_to_mql/persona/${s.label}/converted"]`).click()
    await drawer.locator('.behind li').first().waitFor()
    expect(await drawer.locator('.hint').first().innerText()).toMatch(new RegExp(`(^|of )${count(s.converted)}\\.$`))
    expect(await drawer.locator('.behind li').count()).toBe(Math.min(12, s.converted))
    expect(new URL(page.url()).searchParams.get('figure')).toBe(`lead_to_mql/persona/${s.label}/converted`)
  }, 60_000)

  test('models that are being worked out say what they gave before and of when, and give way to the new ones', async () => {
    let done = false
    await page.route('**/api/v1/measure/attribution?*', async (route) => {
      const answer = await route.fetch()
      const body = (await answer.json()) as Measured<Attribution>
      const r = body.report
      if (!done) {
        const rows = r.rows!.map((x) => ({ value: x.value, credits: { markov: x.credits.markov! } }))
        r.earlier = { position: body.position - 41, at: '2026-01-02T12:03:00Z', models: ['markov'], total: r.total, rows }
        r.pending = ['markov']
        r.models = r.models!.filter((k) => k !== 'markov')
        for (const x of r.rows!) delete x.credits.markov
      }
      await route.fulfill({ response: answer, json: body })
    })
    await page.goto(url + '/measure/attribution?models=linear,markov&measure=pipeline')
    await ready('Models side by side')
    const table = page.getByRole('region', { name: 'Models side by side' })
    await page.getByText(/^Markov: as of .*, 41 facts ago; being worked out anew\.$/).waitFor()
    const foot = await table.locator('tfoot td').allInnerTexts()
    expect(foot.map((text) => text.split('\n')[0])).toEqual(['100%', '100%'])
    done = true
    await page.getByText('being worked out anew').waitFor({ state: 'hidden' })
    expect(await table.getByRole('columnheader').count()).toBe(3)
    await page.unroute('**/api/v1/measure/attribution?*')
  }, 60_000)

  test('passages, spend, visits, the forecast and retention open to their rows, which add up to them', async () => {
    const drawer = page.getByRole('dialog')
    const open = async (drill: string) => {
      await page.locator(`[data-drill="${drill}"]`).first().click()
      await drawer.locator('.behind li').first().waitFor()
      const head = await drawer.locator('.hint').first().innerText()
      await page.keyboard.press('Escape')
      await drawer.waitFor({ state: 'hidden' })
      return head
    }
    await page.goto(url + '/measure/funnel')
    await ready('Flows between stages')
    const f = await report<Funnel>('funnel')
    const flow = f.flows!.find((x) => !x.first)!
    const stays = await report<Behind<StayBehind>>('stays', `?stage=${String(flow.from)}&next=${String(flow.to)}`)
    expect(stays.total).toBe(flow.count)
    expect(await open((await page.locator('[data-drill^="flow/"]').first().getAttribute('data-drill'))!)).toContain(count(f.flows![0]!.count))
    expect(await open(`stay/${String(f.stages![0]!.stage)}/left`)).toContain(count(f.stages![0]!.left))
    await page.goto(url + '/measure/sales')
    await ready('Open deals by stage')
    const sales = await report<Sales>('sales')
    const chances = await report<Behind<ChanceBehind> & { sum: Amount }>('forecast/deals', '?limit=500')
    expect(chances.total).toBe(sales.forecast.open.n)
    expect(Math.abs(chances.sum.minor - sales.forecast.open.value!)).toBeLessThan(1)
    const stage = sales.forecast.stages!.find((x) => x.deals > 0)!
    expect(await open(`forecast/${stage.stage}/deals`)).toContain(count(stage.deals))
    for (const [name, p] of Object.entries({ new: sales.pipeline.new, expansion: sales.pipeline.expansion, referral: sales.pipeline.referral }).filter(([, x]) => x.deals > 0)) {
      const r = await report<Behind<DealBehind>>('deals', `?pipeline=${name}&limit=500`)
      expect(r.total).toBe(p.deals)
      expect(r.data!.reduce((sum, d) => sum + (d.amount?.minor ?? 0), 0)).toBe(p.amount.minor)
      expect(await open(`pipeline/${name}`)).toContain(count(p.deals))
    }
    expect(sales.pipeline.new.deals).toBeGreaterThan(0)
    const owner = sales.dimensions!.find((d) => d.name === 'owner')!.rows!.slice(1).find((d) => d.open > 0)!
    expect(await open(`owner/${owner.label}/open`)).toContain(count(owner.open))
    expect(await page.locator('[data-figure="forecast_not_yet"]').count()).toBe(1)
    await page.locator('[data-figure="forecast_not_yet"]').click()
    await drawer.locator('.behind li').first().waitFor()
    expect(await drawer.innerText()).toContain(count(sales.forecast.not_yet.n))
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'hidden' })
    await page.goto(url + '/measure/channels?what=visits')
    await ready('Month by month')
    const e = await report<Economics>('economics')
    const costs = await report<{ sum: Total; total: number }>('costs')
    expect(costs.sum.minor).toBe(e.blended.spend.minor)
    expect(await open('channel/all/spend')).toContain(minorMoney(costs.sum.minor, costs.sum.currency))
    expect(await open((await page.locator('[data-drill$="/visits"]').first().getAttribute('data-drill'))!)).toContain('visit')
  }, 120_000)

  test('a forecast that is being simulated says of when the one there is, and gives way to the new one', async () => {
    let done = false
    await page.route('**/api/v1/measure/sales*', async (route) => {
      const answer = await route.fetch()
      const body = (await answer.json()) as Measured<Sales>
      if (!done) Object.assign(body.report, { forecast_pending: true, forecast_earlier: { position: body.position - 41, at: '2026-01-02T12:03:00Z' } })
      await route.fulfill({ response: answer, json: body })
    })
    await page.goto(url + '/measure/sales')
    await page.getByText(/: as of .*, 41 facts ago; being worked out anew\.$/).waitFor()
    done = true
    await page.getByText('being worked out anew').waitFor({ state: 'hidden' })
    await page.unroute('**/api/v1/measure/sales*')
  }, 60_000)

  test('a plan counts back to what the API says', async () => {
    await page.goto(url + '/measure/plan')
    await page.getByLabel('Revenue to win').fill('900,000')
    const by = `${new Date().getFullYear() + 1}-12-31`
    await page.getByLabel(/^By\b/).fill(by)
    await page.getByRole('button', { name: 'Count back' }).click()
    await ready('From the target back')
    const p = await report<RevenuePlan>('plan', `?target=900000&by=${by}`)
    expect(await page.locator('.card [data-figure="gap"]').innerText()).toBe(figureText(p.gap))
    expect(await page.locator('.card [data-figure="plan_leads"]').innerText()).toBe(figureText(p.total.leads))
    for (const c of p.channels!.slice(0, 3)) begins((await figures('By channel', c.channel || 'No touch known'))[0]!, c.revenue)
  }, 60_000)

  test('tags are corrected for all figures, and the correction is taken back', async () => {
    await page.evaluate(() =>
      fetch('/api/v1/retags', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ match: { source: 'webinar' }, set: { medium: 'event' } }) }).then((r) => r.status),
    )
    await page.goto(url + '/measure/channels')
    const list = page.getByRole('region', { name: 'Corrections' })
    await list.getByText('webinar / any / any → webinar / event / any').waitFor()
    await list.getByRole('button', { name: /^Undo/ }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Undo' }).click()
    await list.getByText('taken back').waitFor()
  }, 60_000)

  test('a time in which nothing was says so, and what to do', async () => {
    for (const path of ['funnel', 'channels', 'attribution']) {
      await page.goto(`${url}/measure/${path}?period=custom&from=1999-01-01&to=1999-01-31`)
      await page.locator('#main').getByRole('link', { name: /Import/ }).first().waitFor()
      expect(await page.locator('#main').innerText()).not.toMatch(/NaN|undefined|Infinity/)
    }
  }, 60_000)

  test('what fails says so and can be tried again', async () => {
    await page.route('**/api/v1/measure/sales*', (r) => r.fulfill({ status: 500, contentType: 'application/problem+json', body: '{"detail":"the disk is full"}' }))
    await page.goto(url + '/measure/sales')
    await page.getByText('the disk is full').waitFor()
    await page.unroute('**/api/v1/measure/sales*')
    await page.getByRole('button', { name: 'Try again' }).click()
    await ready('Velocity and its four factors')
  }, 60_000)

  test('printed, a page is its figures', async () => {
    const scheme = () => page.evaluate(() => document.documentElement.dataset.mantineColorScheme)
    await page.goto(url + '/measure/sales')
    await ready('Velocity and its four factors')
    await page.emulateMedia({ colorScheme: 'dark' })
    await expect.poll(scheme).toBe('dark')
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    await expect.poll(scheme).toBe('light') // paper is white
    expect(await page.getByRole('navigation').first().isVisible()).toBe(false)
    expect(await page.getByLabel('Period').isVisible()).toBe(false)
    expect(await page.locator('[data-figure="velocity"]').first().isVisible()).toBe(true)
    const size = page.viewportSize()!
    await page.setViewportSize({ width: 703, height: 1000 }) // A4 without its margins
    for (const path of ['/measure/channels', '/dashboards/channel']) {
      await page.goto(url + path)
      await page.locator('.scroll:visible table').first().waitFor()
      expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(703) // no table is cut
    }
    const style = (selector: string, name: string) => page.locator(selector).first().evaluate((el, name) => getComputedStyle(el).getPropertyValue(name), name)
    expect(await style('.table tbody tr:first-child', 'break-after')).toBe('avoid') // no head with one row at a sheet's foot
    expect(await style('.table tbody tr:last-child', 'break-before')).toBe('avoid')
    await page.goto(url + '/measure/channels')
    expect(await style('section:has(.fall)', 'break-inside')).toBe('avoid') // what moved is whole on one sheet
    await page.goto(url + '/measure/funnel')
    await page.locator('[data-landscape]').waitFor()
    expect(await style('[data-landscape]', 'page')).toBe('landscape') // the widest table is on a sheet that lies
    expect(await style('.table thead .sort', 'display')).toBe('contents') // else the heads of later sheets miss their words
    await page.setViewportSize(size)
    await page.emulateMedia({ media: 'screen', colorScheme: 'dark' })
    await expect.poll(scheme).toBe('dark')
    await page.emulateMedia({ colorScheme: 'light' })
  }, 60_000)

  test('a page says that it is read still, and that all is read anew', async () => {
    const hint = page.getByRole('status')
    let asked = 0
    let answer = () => {}
    const held = new Promise<void>((done) => (answer = done))
    await page.route('**/api/v1/measure/economics*', async (route) => {
      const response = await route.fetch()
      const body = (await response.json()) as Measured<unknown>
      if (++asked === 1) await held
      await route.fulfill({ response, json: { ...body, reading: asked === 1 } })
    })
    await page.goto(url + '/measure/channels')
    await hint.filter({ hasText: 'Still reading' }).waitFor()
    answer()
    await hint.filter({ hasText: /^As of .*: all facts are being read anew/ }).waitFor()
    await page.waitForFunction(() => !document.body.textContent?.includes('being read anew')) // it asked again by itself
    expect(asked).toBe(2)
    await page.unroute('**/api/v1/measure/economics*')
  }, 60_000)

  test('the browser complained of nothing', () => expect(place.complaints).toEqual([]))
})
