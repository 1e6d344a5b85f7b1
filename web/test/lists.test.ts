// Saved views in a real browser: a list is set up, kept under a name, shared, opened from the title, the palette and the navigation, changed and
// deleted, by two people of different roles.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { able, Place } from './server'

describe.skipIf(!able)('lists in a browser', () => {
  const place = new Place()
  let url = ''
  let page: Page
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

  beforeAll(async () => {
    place.build()
    const signIn = await place.serve(['--demo', '--accounts', '60'], /Sign in: (\S+)\n/)
    url = place.url
    place.run(['user', 'add', 'vic@acme.com', '--name', 'Vic', '--role', 'viewer'], 'a few words in a row\n')
    page = await place.browse((text) => text.includes('401') || text.includes('409'))
    await page.goto(signIn)
    await page.waitForURL(url + '/')
  }, 240_000)

  afterAll(() => place.stop(), 30_000)

  const clean = async (p = page) => {
    await p.evaluate(axe)
    expect(await p.evaluate<string[]>("axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations.map((v) => v.id + ': ' + v.nodes[0].html))")).toEqual([])
  }
  const rows = (p = page) => p.locator('tbody tr a').first().waitFor()
  const view = (p = page) => p.getByRole('button', { name: /^View: / })
  const choose = async (item: string | RegExp, p = page) => {
    await view(p).click()
    await p.getByRole('menuitem', { name: item }).click()
  }

  test('a list fits every desktop: none of its columns stands beside the screen', async () => {
    const size = page.viewportSize()!
    for (const list of ['/leads', '/accounts', '/contacts', '/opportunities?view=table', '/measure/channels']) {
      await page.goto(url + list)
      await page.locator('.scroll tbody td').nth(5).waitFor()
      for (const width of [1280, 1440, 1600]) {
        await page.setViewportSize({ width, height: 900 })
        await expect.poll(() => page.locator('.scroll > table').first().evaluate((t) => t.getBoundingClientRect().width - t.parentElement!.clientWidth), { message: `${list} at ${width}` }).toBeLessThanOrEqual(1)
      }
    }
    await page.setViewportSize(size)
  }, 60_000)

  test('on a phone a contact stands with the account; on paper a list is its rows', async () => {
    const size = page.viewportSize()!
    await page.setViewportSize({ width: 390, height: 844 })
    await page.goto(url + '/contacts?sort=intent')
    await rows()
    await page.locator('tbody .below a:visible').first().waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
    for (const [path, head] of [['/accounts?columns=industry,employees', 'Intent'], ['/leads?columns=owner', 'Intent'], ['/leads?columns=owner&sort=stage_at', 'In its stage']] as const) {
      await page.goto(url + path)
      await rows()
      expect(await page.locator('thead th:visible').allInnerTexts(), path).toContainEqual(expect.stringContaining(head))
    }
    await page.goto(url + '/contacts?sort=intent')
    await rows()
    await page.setViewportSize(size)
    await expect.poll(() => page.locator('tbody .below a:visible').count()).toBe(0)
    await page.emulateMedia({ media: 'print' })
    await expect.poll(() => page.locator('button:visible, input:visible, select:visible').evaluateAll((all) => all.filter((el) => !el.matches('.sort')).map((el) => el.outerHTML.slice(0, 80)))).toEqual([])
    // a list that is longer than a page begins under the title
    expect(await page.locator('section:has(table)').evaluateAll((all) => all.map((el) => getComputedStyle(el).breakInside))).not.toContain('avoid')
    await page.emulateMedia({ media: 'screen' })
  }, 60_000)

  test('a list is kept under a name, and opened from the title, the navigation and the palette', async () => {
    await page.goto(url + '/accounts?grade=A&sort=name')
    await rows()
    await view().click()
    await page.getByText('Set filters, sorting and columns').waitFor()
    await clean()
    await page.getByRole('menuitem', { name: 'Save as a view…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('Best first')
    await dialog.getByLabel('Share with the team').check()
    await clean()
    await page.keyboard.press('Enter')
    await page.waitForURL((u) => u.searchParams.get('saved')?.startsWith('view_') === true && u.searchParams.get('grade') === 'A' && u.searchParams.get('sort') === 'name')
    expect(await view().innerText()).toContain('Best first')

    await page.getByLabel('Stage').selectOption('mql')
    await expect.poll(() => view().innerText()).toContain('Best first, changed')
    await choose('Save the changes to Best first')
    await expect.poll(() => view().innerText()).not.toContain('changed')
    await choose('All accounts')
    await page.waitForURL(url + '/accounts')
    await choose(/^Best first/)
    await page.waitForURL((u) => u.searchParams.get('stage') === 'mql' && u.searchParams.get('grade') === 'A')

    await choose('Open this page with it')
    await page.getByText('This page opens with Best first now.').waitFor()
    await page.goto(url + '/accounts')
    await page.waitForURL((u) => u.searchParams.get('grade') === 'A')
    await page.getByRole('button', { name: 'Clear filters' }).click()
    await page.waitForURL((u) => !u.searchParams.has('grade'))
    expect(await view().innerText()).toContain('Best first, changed')
    await choose('All accounts')
    await page.waitForURL(url + '/accounts?saved=all')
    await page.reload()
    await rows()
    expect(page.url()).toBe(url + '/accounts?saved=all')
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Accounts' }).click()
    await page.waitForURL((u) => u.searchParams.get('grade') === 'A')

    await page.goto(url + '/leads')
    await rows()
    await page.keyboard.press('Control+k')
    await page.locator('[role=combobox]:focus').waitFor()
    await page.keyboard.type('best f')
    await page.getByRole('option', { name: /^Best first/ }).waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL((u) => u.pathname === '/accounts' && u.searchParams.get('grade') === 'A')
  }, 90_000)

  test('who may only read sees shared views, keeps own ones, and changes nobody else’s', async () => {
    const other = await place.browse((text) => text.includes('401') || text.includes('409'))
    await other.goto(url + '/sign-in')
    await other.getByLabel('E-mail').fill('vic@acme.com')
    await other.getByLabel('Password', { exact: true }).fill('a few words in a row')
    await other.keyboard.press('Enter')
    await other.waitForURL(url + '/')
    await other.goto(url + '/accounts')
    await rows(other)
    await choose(/^Best first/, other)
    await other.waitForURL((u) => u.searchParams.get('grade') === 'A')
    await view(other).click()
    await other.getByRole('menuitem', { name: 'Open this page with it' }).waitFor()
    expect(await other.getByRole('menuitem', { name: /Rename|Delete|sharing/ }).count()).toBe(0)
    await other.getByRole('menuitem', { name: 'Save as a view…' }).click()
    const dialog = other.getByRole('dialog')
    expect(await dialog.getByLabel('Share with the team').count()).toBe(0)
    await dialog.getByLabel('Name').fill('Mine')
    await other.keyboard.press('Enter')
    await expect.poll(() => view(other).innerText()).toContain('Mine')
    await choose('Save as a view…', other)
    await dialog.getByLabel('Name').fill('Mine')
    await other.keyboard.press('Enter')
    await dialog.getByText('there is a view of this name').waitFor()
    await other.keyboard.press('Escape')
    await clean(other)
    await page.reload()
    await view().click()
    await page.getByRole('menuitem', { name: /^Best first/ }).waitFor()
    expect(await page.getByRole('menuitem', { name: 'Mine' }).count()).toBe(0)
    await page.keyboard.press('Escape')

    // A link to a private view of somebody else still shows what it showed them.
    await page.goto(other.url())
    await page.waitForURL((u) => u.searchParams.get('grade') === 'A')
    expect(await view().innerText()).toContain('All accounts')
  }, 90_000)

  test('the board and the table of opportunities are views too; a view is renamed and deleted', async () => {
    await page.goto(url + '/opportunities')
    await page.locator('.board section').first().waitFor()
    await page.getByText('Table', { exact: true }).click()
    await rows()
    await page.getByLabel('Status').selectOption('won')
    await choose('Save as a view…')
    await page.getByRole('dialog').getByLabel('Name').fill('Won')
    await page.getByLabel('Open this page with it, for me').check()
    await page.keyboard.press('Enter')
    await page.waitForURL((u) => u.searchParams.has('saved') && u.searchParams.get('status') === 'won')
    await page.goto(url + '/opportunities')
    await page.waitForURL((u) => u.searchParams.get('view') === 'table' && u.searchParams.get('status') === 'won')
    await choose('Rename…')
    await page.getByRole('dialog').getByLabel('Name').fill('Deals won')
    await page.keyboard.press('Enter')
    await expect.poll(() => view().innerText()).toContain('Deals won')
    await choose('Delete…')
    await page.getByRole('dialog').getByText('This cannot be undone').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('Deals won is deleted.').waitFor()
    expect(await view().innerText()).toContain('All opportunities')
    await page.goto(url + '/opportunities')
    await page.locator('.board section').first().waitFor()
  }, 60_000)

  const heads = async () => (await page.locator('thead th:visible').allInnerTexts()).map((x) => x.replace(/[?↓↑\s]+$/, '')).filter(Boolean)

  test('columns are chosen and moved by keyboard alone, kept in the address, and exported as they are seen', async () => {
    await page.goto(url + '/accounts?saved=all')
    await rows()
    const before = await heads()
    await page.getByRole('button', { name: 'Columns', exact: true }).focus()
    await page.keyboard.press('Enter')
    const city = page.getByRole('checkbox', { name: 'City' })
    await city.focus()
    await page.keyboard.press('Space')
    await page.waitForURL((u) => u.searchParams.get('columns')?.endsWith(',city') === true)
    await clean()
    for (let i = 0; i < 15; i++) await page.keyboard.press('Alt+ArrowUp')
    await page.waitForURL((u) => u.searchParams.get('columns')?.startsWith('city,') === true)
    expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).checked)).toBe(true)
    for (const name of ['Industry', 'Employees', 'People', 'Roles engaged', 'Open / won / lost', 'Last seen', 'Owner', 'Country']) {
      const box = page.getByRole('checkbox', { name, exact: true })
      if (await box.count()) await box.uncheck()
    }
    await page.keyboard.press('Escape')
    const now = await heads()
    expect(now.slice(0, 2)).toEqual([before[0], 'City'])
    await page.reload()
    await rows()
    expect(await heads()).toEqual(now)
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export', exact: true }).click()
    await clean()
    await page.getByRole('menuitem', { name: 'CSV, columns as shown' }).click()
    const file = readFileSync((await (await download).path())!, 'utf8')
    expect(file.split('\n')[0]).toMatch(/^name,domain,city,grade,intent,stage/)
    expect(file.trim().split('\n').length).toBeGreaterThan(50)
  }, 90_000)

  test('accounts are chosen, exported alone and given an owner, and get their own back', async () => {
    await page.goto(url + '/accounts?saved=all&columns=owner')
    await rows()
    const owners = async () => (await page.locator('tbody tr').evaluateAll((all) => all.slice(0, 3).map((r) => (r as HTMLTableRowElement).cells[2]!.innerText)))
    const was = await owners()
    await page.keyboard.press('j')
    for (const key of ['x', 'j', 'x', 'j', 'x']) await page.keyboard.press(key)
    await page.getByText('3 chosen').waitFor()
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Export as CSV' }).click()
    expect(readFileSync((await (await download).path())!, 'utf8').trim().split('\n').length).toBe(4)
    await clean()
    await page.getByRole('button', { name: 'Assign…', exact: true }).click()
    await page.getByRole('dialog').getByLabel('Owner').fill('Robin Stone')
    await page.keyboard.press('Enter')
    await page.getByText('3 accounts belong to Robin Stone now.').waitFor()
    await expect.poll(owners).toEqual(['Robin Stone', 'Robin Stone', 'Robin Stone'])
    expect(await page.getByText('3 chosen').count()).toBe(0)
    await page.keyboard.press('u')
    await page.getByText('The owners are as they were.').waitFor()
    await expect.poll(owners).toEqual(was)
  }, 60_000)

  test('several leads are accepted and rejected at once, and stand as before after an undo', async () => {
    await page.goto(url + '/leads?stage=lead')
    await rows()
    const stages = () => page.evaluate(async () => ((await (await fetch('/api/v1/leads?limit=1000')).json()) as { data: { stage: string }[] }).data.map((d) => d.stage).sort().join())
    const was = await stages()
    for (const key of ['j', 'x', 'j', 'x']) await page.keyboard.press(key)
    await page.getByRole('button', { name: 'Accept', exact: true }).click()
    await page.getByText('2 people are accepted.').waitFor()
    await page.keyboard.press('u')
    await page.getByText('2 people stand where they stood before.').waitFor()
    expect(await stages()).toBe(was)
    await rows()
    await page.getByRole('checkbox', { name: 'Choose all of this page' }).check()
    const n = await page.locator('tbody tr').count()
    await page.getByText(`${n} chosen`).waitFor()
    await page.getByRole('button', { name: 'Reject…', exact: true }).click()
    await page.getByRole('dialog').getByLabel('No budget').check()
    await page.getByRole('dialog').getByRole('button', { name: 'Reject' }).click()
    await page.getByText(`${n} people are rejected.`).waitFor()
    await page.keyboard.press('u')
    await page.getByText(`${n} people stand where they stood before.`).waitFor()
    expect(await stages()).toBe(was)
  }, 90_000)

  test('the browser had nothing to complain of', () => expect(place.complaints).toEqual([]))
})
