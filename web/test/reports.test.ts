// Published reports in a real browser: a measure's figures are published with a title and a note, frozen; facts come late and accounts are merged;
// the report reads as before, says what it says now, and every line adds up. Who may not publish is told so.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Frozen, Line, Restated, Restatement } from '../src/api/reports'
import { answer } from '../src/pages/ReportPage'
import { askOf } from '../src/pages/Reports'
import { askedText, change, exact, factText, liveOf } from '../src/parts/reports/exact'
import { able, Place } from './server'

describe('published figures are written with all of their decimals', () => {
  test.each([
    [{ unit: 'count', digits: 0 }, 1234, '1,234', '+1,234'],
    [{ unit: 'money', digits: 2, currency: 'USD' }, 123456, '$1,234.56', '+$1,234.56'],
    [{ unit: 'money', digits: 0, currency: 'JPY' }, -7, '-¥7', '−¥7'],
    [{ unit: 'money', digits: 2, currency: 'nonsense' }, 5, '0.05 nonsense', '+0.05 nonsense'],
    [{ unit: 'ratio', digits: 4 }, 2125, '21.25%', '+21.25 points'],
    [{ unit: 'days', digits: 1 }, -15, '-1.5 days', '−1.5 days'],
    [{ unit: 'count', digits: 0 }, 0, '0', '—'],
    [{ unit: 'count', digits: 0 }, null, 'none', 'none'],
    [{ unit: 'money', digits: 2, currency: 'USD', adds: true }, null, 'none recorded', 'none'],
  ] as const)('%j %s', (f, v, value, difference) => {
    expect(exact(v, f)).toBe(value)
    expect(change(v, f)).toBe(difference)
  })
  test('a report asks what its page asked, and leads back to it', () => {
    const search = { by: 'source', measure: 'pipeline', lead_by: 'first', lag_days: '60', gross_margin: 'x' }
    expect(askOf('attribution', { from: '2026-01-01', to: '2026-03-31' }, search)).toEqual({ from: '2026-01-01', to: '2026-03-31', by: 'source', measure: 'pipeline' })
    expect(askOf('economics', {}, search)).toEqual({ lead_by: 'first', lag_days: 60 })
    expect(liveOf('economics', { from: 'a', to: 'b', lag_days: 60 })).toEqual({ to: '/measure/channels', search: { period: 'custom', from: 'a', to: 'b', lag_days: '60' } })
    expect(askedText({ by: 'source', measure: 'pipeline' })).toBe('by source, of pipeline')
  })
  test('the answer names how many differ and why', () => {
    const restated = (changed: number): Restatement => ({ state: 'done', log_position: 1, restated: { changed, figures: [{}, {}, {}], causes: [{ key: 'late', changed: 1 }, { key: 'rules', changed: 2 }, { key: 'undone', changed: 0 }] } as unknown as Restated })
    expect(answer('Q1', restated(2))).toBe('Q1: 2 of 3 figures read otherwise now, by late facts and rules.')
    expect(answer('Q1', restated(0))).toBe('Q1: all 3 figures read as published.')
    expect(answer('Q1', { state: 'running', log_position: 1, progress: { cause: 'late', step: 2, steps: 6, phase: 'folding', done: 1, total: 2 } })).toBe('Q1: late facts are taken in, step 2 of 6')
  })
  test('a correction of tags is said in a line', () => {
    expect(factText('{"match":{"source":"linkedin"},"set":{"medium":"social"}}')).toBe('source linkedin → medium social')
    expect(factText('acc_1 and acc_2 are one')).toBe('acc_1 and acc_2 are one')
    expect(factText('{"broken')).toBe('{"broken')
  })
})

describe.skipIf(!able)('reports in a browser', () => {
  const place = new Place()
  let url = ''
  let page: Page

  beforeAll(async () => {
    place.build()
    const link = await place.serve(['--demo', '--accounts', '20'], /Sign in: (\S+)\n/)
    url = place.url
    page = await place.browse((text) => text.includes('401') || text.includes('404'))
    await page.goto(link)
    await page.waitForURL(url + '/')
  }, 300_000)

  afterAll(() => place.stop(), 30_000)

  const get = <T>(path: string) => page.evaluate(async (p) => (await fetch(p)).json() as Promise<unknown>, path) as Promise<T>
  let was = ''

  test('the figures of a page are published with a title and a note', async () => {
    await page.goto(url + '/measure/channels?lead_by=first')
    await page.getByRole('link', { name: 'Publish…' }).click()
    await page.waitForURL((u) => u.pathname === '/reports' && u.searchParams.get('publish') === 'economics')
    const form = page.getByRole('form', { name: 'Publish the figures of now' })
    await form.getByText('Asked with: brought by first touch ever.').waitFor()
    await form.getByLabel(/^Title/).fill('For the board')
    await form.getByLabel(/^Note/).fill('As shown\non Monday')
    await page.keyboard.press('Tab')
    await form.getByRole('button', { name: 'Publish' }).click()
    await page.waitForURL(url + '/reports/1')
    const frozen = page.getByRole('region', { name: 'What it said then', exact: true })
    await frozen.getByText('on Monday').waitFor()
    const f = await get<Frozen>('/api/v1/reports/1')
    expect(f.query.lead_by).toBe('first')
    const text = await frozen.innerText()
    for (const h of f.body.headline.filter((x) => !x.segment)) expect(text).toContain(exact(h.value, h))
    expect(text).toContain(f.sha256)
    await page.getByRole('heading', { level: 1, name: /all \d+ figures read as published/ }).waitFor({ timeout: 60_000 })
    was = await frozen.locator('.cards').innerText()
  }, 120_000)

  test('later facts move what it says now, not what it said; every line adds up and has its cause', async () => {
    const day = new Date(Date.now() - 20 * 86_400_000).toISOString().slice(0, 10)
    const file = join(place.dir, 'late.csv')
    writeFileSync(file, `Deal ID,Deal Name,Company domain,Amount,Currency,Status,Create Date,Close Date\nL1,Late one,late-one.example,12000,USD,won,${day},${day}\n`)
    place.run(['import', 'opportunities', file])
    await page.goto(url + '/reports/1')
    await page.getByRole('heading', { level: 1, name: /read otherwise now, by late facts/ }).waitFor({ timeout: 150_000 })
    expect(await page.getByRole('region', { name: 'What it said then', exact: true }).locator('.cards').innerText()).toBe(was)
    const { restated } = await get<Restatement>('/api/v1/reports/1/restated')
    expect(restated!.changed).toBeGreaterThan(1)
    const rows = await page.getByRole('region', { name: 'What it says now', exact: true }).locator('tbody tr').allInnerTexts()
    const shown = restated!.causes!.map((c, i) => ({ c, i })).filter(({ c }) => c.changed > 0)
    const lines = restated!.figures!.slice(0, restated!.changed)
    expect(rows.length).toBe(lines.length)
    lines.forEach((l: Line, n) => {
      const cells = rows[n]!.split('\t').map((c) => c.trim())
      expect(cells.slice(2)).toEqual([exact(l.value, l), ...shown.map(({ i }) => change(l.by![i] ?? null, l)), exact(l.now, l)])
      if (l.value !== null && l.by!.every((d) => d !== null)) expect(l.by!.reduce<number>((sum, d) => sum + d!, l.value)).toBe(l.now)
    })
    const why = page.getByRole('region', { name: 'Why', exact: true })
    await why.getByText(/1 opportunity from import/).waitFor()
  }, 200_000)

  test('it leaves as Markdown, and prints with its causes', async () => {
    const text = await page.evaluate(async () => (await fetch('/api/v1/reports/1/restated?format=markdown')).text()) // of the log as it was: nothing came since
    expect(text).toContain('# For the board\n')
    expect(text).toContain('## What differs')
    await page.emulateMedia({ media: 'print' })
    expect(await page.getByText(/1 opportunity from import/).isVisible()).toBe(true)
    expect(await page.getByRole('button', { name: 'Print or save as PDF' }).isVisible()).toBe(false)
    await page.emulateMedia({ media: 'screen' })
  }, 60_000)

  test('the list has it; a report that is not there says so; a viewer reads and may not publish', async () => {
    await page.goto(url + '/reports')
    await page.getByRole('region', { name: 'Published reports' }).getByRole('link', { name: 'For the board' }).waitFor()
    await page.goto(url + '/reports/77')
    await page.getByText('there is no report 77').waitFor()
    place.run(['user', 'add', 'vi@example.com', '--name', 'Vi', '--role', 'viewer'], 'correct-horse-battery\n')
    const other = await place.browse((text) => text.includes('401'))
    await other.goto(url + '/sign-in')
    await other.getByLabel('E-mail').fill('vi@example.com')
    await other.getByRole('textbox', { name: 'Password' }).fill('correct-horse-battery')
    await other.getByRole('button', { name: 'Sign in' }).click()
    await other.waitForURL(url + '/')
    await other.goto(url + '/reports?publish=sales')
    await other.getByText('Admins, marketing and sales managers may publish.').waitFor()
    expect(await other.getByRole('form').count()).toBe(0)
    await other.goto(url + '/reports/1')
    await other.getByRole('region', { name: 'What it said then', exact: true }).waitFor()
  }, 120_000)

  test('the browser complained of nothing', () => expect(place.complaints).toEqual([]))
})
