// The dashboards in a real browser against a real server: every figure and sentence on them is the API's, opens to what stands behind it, and every
// choice stands in the URL; notes are made, changed, removed and put back; tables are exported. Needs Go and Chromium; left out without them.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Dashboard } from '../src/api/boards'
import type { Measured } from '../src/api/measure'
import { cellText } from '../src/parts/boards/cells'
import { figureText, judgementOf, said } from '../src/parts/measure/figures'
import { able, Place } from './server'

describe.skipIf(!able)('dashboards in a browser', () => {
  const place = new Place()
  let url = ''
  let page: Page

  beforeAll(async () => {
    place.build()
    const link = await place.serve(['--demo', '--accounts', '120'], /Sign in: (\S+)\n/)
    url = place.url
    page = await place.browse((text) => text.includes('401') || text.includes('422') || text.includes('404'))
    await page.goto(link)
    await page.waitForURL(url + '/')
  }, 300_000)

  afterAll(() => place.stop(), 30_000)

  const view = async (name: string, query = '') =>
    ((await page.evaluate(async (path) => (await fetch(path)).json() as Promise<unknown>, `/api/v1/dashboards/${name}${query}`)) as Measured<Dashboard>).report
  const ready = async () => {
    await page.waitForFunction(() => !document.querySelector('.mantine-Skeleton-root') && !!document.querySelector('h1')?.textContent?.trim())
    await page.getByRole('region', { name: 'Notes on these days' }).waitFor()
  }

  test('each view says what the API says', async () => {
    await page.goto(url + '/dashboards')
    await page.waitForURL(/\/dashboards\/executive/)
    await ready()
    for (const [name, tab] of [['executive', 'Executive'], ['channel', 'Channels'], ['content', 'Content'], ['sales', 'Sales'], ['abm', 'ABM']] as const) {
      await page.getByRole('tab', { name: tab, exact: true }).click()
      await page.waitForURL(new RegExp(`/dashboards/${name}`))
      const d = await view(name)
      await expect.poll(() => page.locator('h1').innerText()).toBe(said(d.sentence))
      await ready()
      for (const t of d.tiles) {
        const card = page.locator(`[data-tile="${t.id}"]`)
        expect(await card.locator('.number').innerText()).toBe(figureText(t.figure))
        expect(await card.innerText()).toContain(said(t.title))
      }
      expect(await page.locator('.chart-card h2').allInnerTexts()).toEqual(d.charts.map((c) => said(c.title)))
      for (const c of d.charts.filter((x) => x.kind !== 'months' && x.rows.length > 0)) {
        const cells = await page.getByRole('region', { name: said(c.title), exact: true }).locator('tbody tr').first().locator('td').allInnerTexts()
        cells.forEach((text, i) => expect(text.startsWith(cellText(c.rows[0]!.cells[i]!, c.columns[i]!)), `${c.id}: ${text}`).toBe(true))
      }
    }
  }, 120_000)

  test('a forecast that is being simulated says of when the one there is, and gives way to the new one', async () => {
    let done = false
    await page.route('**/api/v1/dashboards/executive*', async (route) => {
      const answer = await route.fetch()
      const body = (await answer.json()) as Measured<Dashboard>
      if (!done) Object.assign(body.report, { forecast_pending: true, forecast_earlier: { position: body.position - 41, at: '2026-01-02T12:03:00Z' } })
      await route.fulfill({ response: answer, json: body })
    })
    await page.goto(url + '/dashboards/executive')
    await page.getByText(/: as of .*, 41 facts ago; being worked out anew\.$/).waitFor()
    done = true
    await page.getByText('being worked out anew').waitFor({ state: 'hidden' })
    await page.unroute('**/api/v1/dashboards/executive*')
  }, 60_000)

  test('a step of the funnel is judged as its page judges it', async () => {
    await page.goto(url + '/dashboards/executive')
    await ready()
    const steps = (await view('executive')).charts.find((c) => c.id === 'funnel')!
    const rows = page.getByRole('region', { name: said(steps.title), exact: true }).locator('tbody tr')
    for (const [i, r] of steps.rows.entries()) {
      const band = r.cells[0]!.band
      const judged = band?.sure && band.verdict !== 'within' ? judgementOf(band, steps.columns[0]!) : undefined
      const word = rows.nth(i).locator('td').first().locator('small')
      expect(await word.allInnerTexts()).toEqual(judged ? [judged.short] : [])
      if (judged?.tone) expect(await word.getAttribute('class')).toBe(judged.tone)
    }
  }, 60_000)

  test('a comparison stands in the URL, and a figure opens to its people', async () => {
    await page.goto(url + '/dashboards/channel?period=last-quarter')
    await ready()
    await page.getByLabel('Compare with').selectOption('previous')
    await page.waitForURL(/compare=previous/)
    await expect.poll(() => page.locator('header .hint').innerText()).toContain('compared with')
    await page.locator('[data-tile="leads"] .number').click()
    await page.waitForURL(/figure=/)
    const panel = page.getByRole('dialog')
    await panel.getByText('Beside it').waitFor()
    await panel.locator('.behind a').first().waitFor()
    expect(await panel.locator('.behind a').first().getAttribute('href')).toMatch(/^\/contacts\/con_/)
    await page.keyboard.press('Escape')
    await page.waitForURL((u) => !u.search.includes('figure='))
  }, 60_000)

  test('a month is the way into its days, and its numbers are a table', async () => {
    await page.goto(url + '/dashboards/executive')
    await ready()
    const chart = page.getByRole('region', { name: said((await view('executive')).charts[0]!.title), exact: true })
    await chart.getByRole('button', { name: /^Numbers/ }).click()
    await chart.getByRole('table').waitFor()
    await chart.getByRole('button', { name: /^Chart/ }).click()
    await chart.locator('.month').nth(3).click()
    await page.waitForURL(/\/measure\/sales\?.*period=custom/)
  }, 60_000)

  test('a note is made, changed, removed and put back', async () => {
    await page.goto(url + '/dashboards/executive')
    await ready()
    const notes = page.getByRole('region', { name: 'Notes on these days' })
    const day = (await view('executive')).period.last
    await notes.getByRole('button', { name: 'Add a note' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('What happened').fill('New pricing')
    await dialog.getByLabel(/^Day/).fill(day)
    await dialog.getByRole('button', { name: 'Save' }).click()
    await notes.getByText('New pricing').waitFor()
    await page.locator('.notes-row a').first().waitFor()
    await notes.getByRole('button', { name: 'Change the note: New pricing' }).click()
    await dialog.getByLabel('What happened').fill('New prices')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await notes.getByText('New prices').waitFor()
    await notes.getByRole('button', { name: 'Remove the note: New prices' }).click()
    await notes.getByText('New prices').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Undo' }).click()
    await notes.getByText('New prices').waitFor()
    expect((await view('executive')).annotations.map((a) => a.text)).toEqual(['New prices'])
  }, 60_000)

  test('a view is mailed at a set time, and without a relay the page says that nothing is sent', async () => {
    await page.goto(url + '/dashboards/sales')
    await ready()
    const mails = page.getByRole('region', { name: 'Sent by mail' })
    await mails.getByText('There is no mail relay').waitFor()
    await mails.getByRole('button', { name: 'Mail this view' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('What the mails are called').fill('Monday figures')
    await dialog.getByLabel('Who gets it').fill('nobody')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByRole('alert').getByText('is no user and no address').waitFor()
    await dialog.getByLabel('Who gets it').fill('board@example.com')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await mails.getByText(/every Monday at 08:00 · to 1 person · next /).waitFor()
    await mails.getByRole('button', { name: 'Mail no more: Monday figures' }).click()
    await dialog.getByRole('button', { name: 'Remove' }).click()
    await mails.getByText('Nobody gets this view by mail.').waitFor()
    await page.goto(url + '/stop-mails#token=none')
    await page.getByRole('button', { name: 'Stop these mails' }).click()
    await page.getByRole('alert').getByText('they have ended already').waitFor()
  }, 60_000)

  test('a table is exported, as it is shown', async () => {
    await page.goto(url + '/dashboards/sales')
    await ready()
    const saved = page.waitForEvent('download')
    await page.getByRole('link', { name: 'By rep as CSV' }).click()
    const file = await (await saved).path()
    const { readFileSync } = await import('node:fs')
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    const reps = (await view('sales')).charts.find((c) => c.id === 'reps')!
    expect(lines.length).toBe(reps.rows.length + 1)
    expect(lines[0]).toContain('rep,revenue,open,won,lost,win_rate')
    expect(lines[1]!.startsWith(reps.rows[0]!.label)).toBe(true)
  }, 60_000)

  test('an unknown view and a wrong span are told', async () => {
    await page.goto(url + '/dashboards/board')
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor()
    await page.goto(url + '/dashboards/sales?period=custom&from=2026-05-01&to=2026-01-01')
    await page.getByRole('alert').getByText('the last day is before the first').waitFor()
  }, 60_000)
})
