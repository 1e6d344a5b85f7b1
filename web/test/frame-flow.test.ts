// The overview, the palette, the past and merging in a real browser against a real server; axe has nothing to say of what they open. Needs
// Go and Chromium; says so and is left out without them.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { able, Place } from './server'

describe.skipIf(!able)('the frame in a browser', () => {
  const place = new Place()
  let url = ''
  let page: Page
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

  beforeAll(async () => {
    place.build()
    const signIn = await place.serve(['--demo', '--accounts', '60'], /Sign in: (\S+)\n/)
    url = place.url
    page = await place.browse((text) => text.includes('401'))
    await page.goto(signIn)
    await page.waitForURL(url + '/')
  }, 240_000)

  afterAll(() => place.stop(), 30_000)

  const clean = async () => {
    await page.evaluate(axe)
    expect(await page.evaluate<string[]>("axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations.map((v) => v.id + ': ' + v.nodes[0].html))")).toEqual([])
  }

  test('the overview leads to who is counted, and explains its terms', async () => {
    await page.getByRole('heading', { name: 'The funnel as it stands' }).waitFor()
    expect(await page.locator('.weeks rect title').count()).toBe(26)
    await page.getByRole('button', { name: 'What is MQL?' }).click()
    await page.getByText('Marketing qualified lead:').waitFor()
    await clean()
    await page.keyboard.press('Escape')
    const cell = page.getByRole('row', { name: /^Customer/ }).getByRole('link').first()
    const customers = await cell.innerText()
    await cell.click()
    await page.waitForURL(/\/contacts\?stage=customer$/)
    const rows = page.locator('tbody tr:has(a)')
    if (customers !== '0') await rows.first().waitFor()
    await expect.poll(() => rows.count()).toBe(Math.min(Number(customers), 50))
  }, 60_000)

  test('open menus hold what a menu may, and begin on their first item', async () => {
    for (const [path, name] of [['/settings/people', /^Actions for/], ['/leads', /^Menu: /], ['/opportunities', /^View: /]] as const) {
      await page.goto(url + path)
      await page.getByRole('button', { name }).last().click()
      await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('role') ?? '')).toMatch(/^menuitem/)
      await page.evaluate(axe)
      const bad = await page.evaluate<string[]>("axe.run().then((r) => r.violations.filter((v) => v.impact === 'serious' || v.impact === 'critical').map((v) => v.id + ': ' + v.nodes[0].html))")
      expect(bad, path).toEqual([])
      await page.keyboard.press('Escape')
    }
    await page.getByRole('button', { name: /^Menu: / }).click()
    await page.getByRole('menuitemradio', { name: 'Dark' }).click()
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset.mantineColorScheme)).toBe('dark')
    expect(await page.getByRole('menuitemradio', { name: 'Dark' }).getAttribute('aria-checked')).toBe('true')
    await page.getByRole('menuitemradio', { name: 'Light' }).click()
  }, 60_000)

  test('the palette finds a page and an account by keyboard alone', async () => {
    await page.goto(url + '/')
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.keyboard.press('Control+k')
    await page.locator('[role=combobox]:focus').waitFor()
    await clean()
    await page.keyboard.type('acc lo')
    await page.getByRole('option', { name: 'Access log' }).waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/settings\/access-log$/)
    const name = await page.evaluate(async () => ((await (await fetch('/api/v1/accounts?sort=name&limit=1')).json()) as { data: { name: string }[] }).data[0]!.name)
    await page.keyboard.press('Control+k')
    await page.locator('[role=combobox]:focus').waitFor()
    await page.keyboard.type(name)
    await page.getByRole('group', { name: 'Accounts' }).getByRole('option').first().waitFor()
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/accounts\/acc_\d+$/)
  }, 60_000)

  test('an account is seen as it stood on a past day, and said to be', async () => {
    const id = await page.evaluate(async () => ((await (await fetch('/api/v1/accounts?limit=1')).json()) as { data: { id: string }[] }).data[0]!.id)
    await page.goto(`${url}/accounts/${id}`)
    await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toMatch(/points/)
    const now = await page.getByRole('heading', { level: 1 }).innerText()
    const day = new Date(Date.now() - 60 * 86_400_000).toISOString().slice(0, 10)
    await page.getByLabel('Day', { exact: true }).fill(day)
    await page.waitForURL((u) => u.searchParams.get('as_of') === day)
    await page.getByText('This is the past: the end of').waitFor()
    await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).not.toBe(now)
    await page.waitForFunction(() => !document.querySelector('.mantine-Skeleton-root'))
    const latest = await page.locator('.timeline .fact time').first().getAttribute('datetime')
    expect(new Date(latest!).getTime()).toBeLessThan(Date.parse(day) + 2 * 86_400_000)
    await clean()
    await page.getByRole('button', { name: 'Back to now' }).click()
    await page.waitForURL(/\/accounts\/acc_\d+$/)
    await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toBe(now)
  }, 60_000)

  test('two people are merged after a look at both, and separated again', async () => {
    const [a, b] = await page.evaluate(async () => ((await (await fetch('/api/v1/contacts?sort=name&limit=2')).json()) as { data: { id: string; email: string }[] }).data)
    const emails = () => page.evaluate(async (id) => ((await (await fetch('/api/v1/contacts/' + id)).json()) as { identifiers: { type: string; value: string }[] }).identifiers.filter((i) => i.type === 'email').map((i) => i.value), a!.id)
    const before = await emails()
    await page.goto(`${url}/contacts/${a!.id}`)
    await page.getByRole('button', { name: 'Merge…' }).click()
    await page.getByLabel('Beginning of its name or address').fill(b!.email)
    await page.getByRole('dialog').getByRole('button', { name: new RegExp(b!.email.replace(/[.+]/g, '\\$&')) }).click()
    await page.getByRole('columnheader', { name: 'The other' }).waitFor()
    await clean()
    await page.getByRole('dialog').getByRole('button', { name: 'Merge', exact: true }).click()
    await page.waitForURL((u) => u.searchParams.get('merged') === b!.id)
    expect(await emails()).toContain(b!.email)
    await page.getByRole('button', { name: 'Undo the merge' }).click()
    await page.getByText('They are two again.').waitFor()
    expect(await emails()).toEqual(before)
  }, 60_000)

  test('a merge that stands is listed on both pages, and taken back after a question', async () => {
    for (const of of ['contacts', 'accounts'] as const) {
      const [a, b] = await page.evaluate(async (of) => ((await (await fetch(`/api/v1/${of}?sort=name&limit=2`)).json()) as { data: { id: string; name: string }[] }).data, of)
      const merged = await page.evaluate(async ([a, b]) => (await fetch('/api/v1/merge', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ a, b }) })).status, [a!.id, b!.id])
      expect(merged).toBe(200)
      await page.goto(`${url}/${of}/${b!.id}`)
      const list = page.getByRole('region', { name: 'Merges' })
      await list.getByText(a!.name).waitFor()
      await list.getByText(b!.name).waitFor()
      await list.getByText(/\bby (?!.*usr_)\S/).waitFor()
      await clean()
      await list.getByRole('button', { name: 'Un-merge' }).click()
      await page.getByText('Take this merge back?').waitFor()
      await clean()
      await page.getByRole('dialog').getByRole('button', { name: 'Un-merge' }).click()
      await expect.poll(() => list.count()).toBe(0)
      await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toContain(b!.name)
      const left = await page.evaluate(async ([of, id]) => ((await (await fetch(`/api/v1/${of}/${id}/merges`)).json()) as { data: unknown[] }).data.length, [of, a!.id])
      expect(left).toBe(0)
    }
  }, 60_000)

  test('the browser had nothing to complain of', () => expect(place.complaints).toEqual([]))
})
