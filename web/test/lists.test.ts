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

  test('the browser had nothing to complain of', () => expect(place.complaints).toEqual([]))
})
