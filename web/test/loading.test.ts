// The app's own files: those that are fetched when they are needed open as if they had been there and give the focus back, and those that don't
// come are said not to, without anything typed being lost. In a real browser against a real server; left out without Go and Chromium.
import type { Page, Route } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { able, Place } from './server'

const patient = { timeout: 20_000 }

describe.skipIf(!able)('files of the app', () => {
  const place = new Place()
  let url = ''
  let page: Page

  beforeAll(async () => {
    place.build()
    const signIn = await place.serve(['--demo', '--accounts', '60'], /Sign in: (\S+)\n/)
    url = place.url
    page = await place.browse((text) => /401|418|ERR_FAILED|dynamically imported module|preload CSS/.test(text))
    await page.goto(signIn)
    await page.waitForURL(url + '/')
  }, 240_000)

  afterAll(() => place.stop(), 30_000)

  const dialog = () => page.getByRole('dialog')
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim() ?? '')
  const row = () => page.locator('tbody tr a').first()
  const first = async (path: string) => (await page.evaluate(async (p) => ((await (await fetch('/api/v1' + p)).json()) as { data: { id: string }[] }).data[0]!.id, path))

  test('a form takes the focus and gives it back to what it was opened with, the button of a menu too', async () => {
    const contact = await first('/contacts?sort=name&limit=1')
    const deal = await first('/opportunities?status=open&limit=1')
    for (const [path, open, button] of [
      ['/opportunities', [page.getByRole('button', { name: 'New opportunity' })], 'New opportunity'],
      ['/opportunities', [page.locator('.board li button').first(), page.getByRole('menuitem', { name: /^Close as won/ })], /^Actions for/],
      ['/opportunities/' + deal, [page.getByRole('button', { name: 'Change…' })], 'Change…'],
      ['/accounts', [page.getByRole('button', { name: /^View: / }), page.getByRole('menuitem', { name: 'Save as a view…' })], 'View: All accounts'],
      ['/leads', [page.locator('tbody button.menu').first(), page.getByRole('menuitem', { name: /^Assign/ })], /^Actions for/],
      ['/leads', [page.locator('tbody').getByRole('button', { name: /^Why\?/ }).first()], /^Why\?/],
      ['/contacts/' + contact, [page.getByRole('button', { name: 'Merge…' })], 'Merge…'],
      ['/contacts/' + contact, [page.getByRole('button', { name: /^Assign/ })], /^Assign/],
      ['/dashboards/executive', [page.getByRole('button', { name: 'Add a note' })], 'Add a note'],
      ['/leads', [page.getByRole('button', { name: 'Find' })], /^Find/],
    ] as const) {
      await page.goto(url + path)
      for (const step of open) await step.click()
      await dialog().locator(':focus').waitFor()
      await page.keyboard.press('Escape')
      await dialog().waitFor({ state: 'detached' })
      await expect.poll(focused, { message: path }).toMatch(button)
    }
  }, 120_000)

  test('a form is fetched while the page is looked at, and opens without the server', async () => {
    const fetched = page.waitForResponse(/assets\/DealDialogs-/)
    await page.goto(url + '/opportunities')
    await page.locator('.board section').first().waitFor()
    await (await fetched).finished()
    await page.context().setOffline(true)
    await page.getByRole('button', { name: 'New opportunity' }).click()
    await dialog().getByLabel('Name').waitFor()
    await page.context().setOffline(false)
    await page.keyboard.press('Escape')
  }, 60_000)

  const without = async (files: string, look: () => Promise<void>) => {
    await page.route(files, (r) => r.abort())
    await look()
    await page.unroute(files)
  }
  const unloaded = () => page.getByRole('dialog', { name: 'This could not be opened' })

  test('without any of its files, or without some of them, the app says that it could not be loaded', async () => {
    const said = page.getByRole('alert').filter({ hasText: 'The app could not be loaded.' })
    for (const files of ['**/assets/*', '**/assets/*.js', '**/assets/index-*.js', '**/assets/main-*.js', '**/assets/react-*.js']) {
      await without(files, async () => {
        await page.goto(url + '/leads')
        await expect.poll(() => said.isVisible(), { message: files }).toBe(true)
      })
    }
    await page.reload()
    await row().waitFor()
    expect(await said.isVisible()).toBe(false)
  }, 60_000)

  test('without its styles the app asks for them once more, and says that it could not be loaded when they still do not come', async () => {
    const said = page.getByRole('alert').filter({ hasText: 'The app could not be loaded.' })
    const frame = page.getByRole('navigation', { name: 'Main' })
    for (const refuse of [(r: Route) => r.abort(), (r: Route) => r.fulfill({ status: 418, contentType: 'text/plain', body: 'busy' })]) {
      let asked = 0
      await page.route('**/assets/index-*.css', (r) => (asked++ === 0 ? refuse(r) : r.continue()))
      await page.goto(url + '/leads')
      await row().waitFor()
      expect(asked).toBe(2)
      expect(await page.evaluate(() => getComputedStyle(document.getElementById('shell')!).display)).toBe('none')
      await page.unroute('**/assets/index-*.css')
      await page.route('**/assets/index-*.css', refuse)
      for (const path of ['/leads', '/sign-in']) {
        await page.goto(url + path)
        await page.locator('#shell[data-failed]').waitFor()
        expect(await said.isVisible()).toBe(true)
        expect(await frame.count()).toBe(0)
      }
      await page.unroute('**/assets/index-*.css')
    }
    await page.reload()
    await page.getByRole('heading', { level: 1 }).waitFor()
    expect(await said.isVisible()).toBe(false)
  }, 60_000)

  test('a page whose file does not come says so in the frame, and is there once it comes', async () => {
    await without('**/assets/Contacts-*.js', async () => {
      await page.goto(url + '/contacts')
      await page.getByRole('alert').getByText('This page could not be loaded').waitFor()
      expect(await page.getByRole('alert').innerText()).not.toContain('http')
    })
    await page.getByRole('button', { name: 'Try again' }).click()
    await row().waitFor()
  }, 60_000)

  test('a page that is tried again is left as it is while the server does not answer; when the page comes its heading gets the focus', async () => {
    const again = page.getByRole('button', { name: 'Try again' })
    for (const [files, link, path] of [['**/assets/Contacts-*.js', 'Contacts', '/contacts'], ['**/assets/Opportunities-*.js', 'Opportunities', '/opportunities']] as const) {
      await without(files, async () => {
        await page.goto(url + '/docs')
        await page.getByRole('heading', { level: 1 }).waitFor()
        await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: link, exact: true }).click()
        await page.getByRole('alert').getByText('This page could not be loaded').waitFor()
        await again.focus()
        await without('**/first.js', async () => {
          await page.keyboard.press('Enter')
          await page.getByText('The server did not answer.').waitFor()
          expect(await focused()).toBe('Try again')
        })
        await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
        await expect.poll(focused, { message: 'in vain' }).toBe('Try again')
      })
      await page.keyboard.press('Enter')
      await expect.poll(() => page.evaluate(() => document.activeElement?.tagName), { message: path, ...patient }).toBe('H1')
      expect(await focused()).toBe(await page.locator('h1:not([aria-hidden])').innerText())
      expect(await page.evaluate(() => location.pathname)).toBe(path)
    }
  }, 90_000)

  test('figures that are tried again hand the focus on, so that it is never lost', async () => {
    const failing = async (tries: () => Promise<void>) => {
      await page.route('**/api/v1/leads?*', (r) => r.fulfill({ status: 418, contentType: 'application/problem+json', body: '{"detail":"the disk is full"}' }))
      await tries()
      await page.unroute('**/api/v1/leads?*')
    }
    const again = page.getByRole('button', { name: 'Try again' })
    await failing(async () => {
      await page.goto(url + '/leads')
      await again.focus()
      await page.keyboard.press('Enter')
      await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
      await again.waitFor()
      await again.focus()
    })
    await page.keyboard.press('Enter')
    await row().waitFor()
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
  }, 60_000)

  test('a form whose file does not come leaves the page as it is, and opens when it is tried again', async () => {
    await without('**/assets/LeadDialogs-*', async () => {
      await page.goto(url + '/leads?stage=lead')
      await row().waitFor()
      for (const i of [0, 1]) await page.locator('tbody input.tick').nth(i).check()
      await page.getByLabel('Search').fill('a')
      await page.getByRole('button', { name: 'Assign…' }).click()
      await unloaded().getByText('what you typed on the page stays').waitFor()
      await unloaded().getByRole('button', { name: 'Try again' }).click()
      await expect.poll(() => unloaded().getByRole('button', { name: 'Try again' }).isEnabled()).toBe(true)
    })
    await page.keyboard.press('Escape')
    await unloaded().waitFor({ state: 'detached' })
    expect(await page.getByLabel('Search').inputValue()).toBe('a')
    await page.getByText('2 chosen').waitFor()
    await page.getByRole('button', { name: 'Assign…' }).click()
    await page.getByRole('dialog', { name: /2 people/ }).getByLabel('Owner').waitFor()
    await page.keyboard.press('Escape')
  }, 60_000)

  test('the palette and the “Why?” that do not come leave what is typed in the editor and the list', async () => {
    await without('**/assets/{Palette,Why}-*', async () => {
      await page.goto(url + '/playbook/edit')
      await page.getByRole('combobox', { name: 'Part' }).selectOption({ label: 'Scoring' })
      const yaml = page.getByRole('textbox', { name: 'YAML' })
      await expect.poll(() => yaml.inputValue()).toContain('half_life_days')
      await yaml.fill((await yaml.inputValue()) + '# not to be lost')
      await page.keyboard.press('Control+k')
      await unloaded().waitFor()
      await page.keyboard.press('Escape')
      await unloaded().waitFor({ state: 'detached' })
      expect(await yaml.inputValue()).toContain('# not to be lost')
      await page.getByRole('button', { name: 'Discard changes' }).click()
      await page.goto(url + '/leads')
      await row().waitFor()
      await page.locator('tbody').getByRole('button', { name: /^Why\?/ }).first().click()
      await unloaded().waitFor()
    })
    await unloaded().getByRole('button', { name: 'Try again' }).click()
    await dialog().getByRole('heading', { name: 'Intent' }).waitFor()
  }, 60_000)

  test('the browser had nothing else to complain of', () => expect(place.complaints).toEqual([]))
})
