// The app in a real browser against a real server: what a person does in the first ten minutes, and that the content security policy, the
// session and axe have nothing to say. Needs Go and Chromium; says so and is left out without them.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { able, Place } from './server'

describe.skipIf(!able)('in a browser', () => {
  const place = new Place()
  const { dir, complaints } = place
  let url = ''
  let signIn = ''
  let page: Page

  beforeAll(async () => {
    place.build()
    signIn = await place.serve(['--demo', '--accounts', '60'], /Sign in: (\S+)\n/)
    url = place.url
    // Being sent to sign in begins with an answer of 401, which browsers log.
    page = await place.browse((text) => text.includes('401'))
  }, 240_000)

  afterAll(() => place.stop(), 30_000)

  const heading = () => page.getByRole('heading', { level: 1 })
  const row = (n: number) => page.locator('tbody tr').nth(n)

  test('whoever is not signed in signs in and comes back', async () => {
    await page.goto(url + '/leads?grade=A')
    await page.waitForURL(/\/sign-in\?next=/)
    await page.getByLabel('E-mail').fill('ann@acme.com')
    await page.getByRole('textbox', { name: 'Password' }).fill('not my password')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('the e-mail address or the password is not right').waitFor()
    expect(await page.getByLabel('E-mail').inputValue()).toBe('ann@acme.com')
    const link = new URL(signIn)
    await page.goto(`${url}/sign-in?next=${encodeURIComponent('/leads?grade=A')}${link.hash}`)
    await page.waitForURL(/\/leads\?grade=A$/)
    await page.getByRole('button', { name: /^Why\?/ }).first().waitFor()
    expect(await page.evaluate(() => document.cookie)).toBe('')
    await page.goto(signIn) // whoever opens it again is in already
    await page.waitForURL(url + '/')
  }, 60_000)

  test('filters and pages stand in the URL, and back goes back', async () => {
    await page.goto(url + '/contacts')
    await page.getByRole('button', { name: 'Next' }).click()
    await page.waitForURL(/cursor=/)
    await page.getByText('Page 2').waitFor()
    await page.getByRole('button', { name: 'Previous' }).click()
    await page.waitForURL(/\/contacts$/)
    await page.getByLabel('Stage').selectOption('opportunity')
    await page.waitForURL(/stage=opportunity/)
    await page.getByRole('button', { name: 'Clear filters' }).click()
    await page.waitForURL(/\/contacts$/)
    await page.keyboard.press('/')
    await page.keyboard.type('zzzz')
    await page.getByText('Nothing matches these filters.').waitFor()
    expect(page.url()).toContain('q=zzzz')
  }, 60_000)

  test('a score opens to lines that add up, by keyboard', async () => {
    await page.goto(url + '/leads')
    await row(0).getByRole('link').first().waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('w')
    const drawer = page.getByRole('dialog')
    await drawer.getByRole('heading', { name: 'Intent' }).waitFor()
    expect(page.url()).toContain('why=con_')
    const figures = await drawer.locator('section[aria-label=Intent] tbody td:last-child').allInnerTexts()
    const total = await drawer.locator('section[aria-label=Intent] tfoot th:last-child').innerText()
    expect(figures.reduce((sum, f) => sum + Math.round(Number(f) * 1000), 0)).toBe(Math.round(Number(total) * 1000))
    await page.keyboard.press('Escape')
    await page.waitForURL(/\/leads$/)
  }, 60_000)

  test('from an account to a person and the whole timeline', async () => {
    await page.goto(url + '/accounts')
    await row(0).getByRole('link').first().click()
    await page.waitForURL(/\/accounts\/acc_/)
    await page.getByRole('heading', { name: 'Buying committee' }).waitFor()
    await page.locator('.roles .people a').first().click()
    await page.waitForURL(/\/contacts\/con_/)
    await page.getByRole('heading', { name: 'Timeline' }).waitFor()
    await expect.poll(() => heading().innerText()).toMatch(/points\.$/)
  }, 60_000)

  test('a file is judged, imported and undone', async () => {
    const file = join(dir, 'people.csv')
    writeFileSync(file, 'Email,First Name,Last Name,Company,Amount Of Luck\neva@newcomer.example,Eva,New,Newcomer,7\nnonsense,,,,\n')
    await page.goto(url + '/data/imports')
    await page.locator('input[type=file]').setInputFiles(file)
    await page.getByLabel('What it holds').waitFor()
    expect(await page.getByRole('button', { name: /^Undo/ }).count()).toBe(0) // nothing was recorded
    await page.getByRole('button', { name: 'Check the whole file' }).click()
    await page.getByRole('button', { name: 'Import 1 row' }).click()
    await page.getByText('1 row imported').waitFor()
    await page.getByRole('button', { name: 'Back to all imports' }).first().click()
    await page.getByRole('button', { name: 'Undo people.csv' }).waitFor()
    await page.getByRole('button', { name: 'Undo people.csv' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Undo' }).click()
    await page.getByText('The import was undone.').waitFor()
    await page.getByRole('region', { name: 'Imports' }).getByRole('row', { name: /people\.csv.*Undone/ }).waitFor()
  }, 60_000)

  test('a key is made, sends an event that is seen, and is revoked', async () => {
    await page.goto(url + '/settings')
    await page.getByRole('textbox', { name: 'Name' }).fill('Docs site')
    await page.getByRole('button', { name: 'Make a key' }).click()
    const made = (await page.locator('[role=status] code').innerText()).trim()
    expect(made).toMatch(/^[A-Za-z0-9]{27}$/)
    await expect.poll(() => page.locator('.snippet pre').first().innerText()).toContain(made)
    const sent = await fetch(url + '/v1/track', { method: 'POST', headers: { Authorization: 'Basic ' + btoa(made + ':'), 'Content-Type': 'application/json' }, body: JSON.stringify({ userId: 'u1', event: 'Seen In The App' }) })
    expect(sent.status).toBe(200)
    await page.goto(url + '/data/events')
    await page.getByText('Seen In The App').first().waitFor()
    await page.goto(url + '/settings')
    await page.getByRole('button', { name: 'Revoke Docs site' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await page.getByText('The key was revoked.').waitFor()
  }, 60_000)

  test('axe finds nothing', async () => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
    for (const path of ['/', '/accounts', '/leads', '/contacts', '/opportunities', '/dashboards/executive', '/measure/funnel', '/measure/channels', '/measure/attribution', '/measure/sales', '/measure/plan', '/audit', '/playbook', '/playbook/edit', '/playbook/history', '/data/imports', '/data/events', '/data/drops', '/settings', '/settings/people', '/settings/access-log', '/account', '/sign-in', '/forgot', '/set-up', '/invitation#token=x', '/nowhere']) {
      await page.goto(url + path)
      await heading().waitFor()
      await page.waitForFunction(() => !document.querySelector('.mantine-Skeleton-root'))
      await page.evaluate(axe)
      const found = await page.evaluate<string[]>("axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations.map((v) => v.id + ': ' + v.nodes[0].html))")
      expect(found, path).toEqual([])
    }
  }, 120_000)

  test('signing out ends the session', async () => {
    await page.goto(url + '/')
    await page.getByRole('button', { name: /^Menu/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.waitForURL(/\/sign-in/)
    await page.goto(url + '/settings')
    await page.waitForURL(/\/sign-in\?next=/)
  }, 60_000)

  test('the browser complained of nothing', () => expect(complaints).toEqual([]))
})
