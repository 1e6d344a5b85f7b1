// What each role does in its first hour, and what it must not be able to do; and what the app shows when something is wrong: a server that is
// down, slow or broken, a session that ended, two tabs, a form that is stale. In a real browser against a real server without a mail relay.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { able, Place } from './server'

const password = 'a few words in a row'
const roles = readFileSync('../internal/api/testdata/roles.txt', 'utf8')

type Role = 'admin' | 'marketing' | 'sales_manager' | 'sales' | 'viewer'
const label = { admin: 'Admin', marketing: 'Marketing', sales_manager: 'Sales manager', sales: 'Sales', viewer: 'Viewer' }

describe.skipIf(!able)('people in a browser', () => {
  const place = new Place()
  let url = ''
  let setUp = ''
  let admin: Page
  const pages = {} as Record<Role, Page>

  // What is refused on purpose, and a server that is away on purpose, are logged by browsers.
  const expected = (text: string) => /status of (401|403|409|422|500)|ERR_CONNECTION_REFUSED|ERR_INTERNET_DISCONNECTED|ERR_FAILED/.test(text)

  beforeAll(async () => {
    place.build()
    place.run(['market', 'generate', '--fill', '--accounts', '30', '--months', '2'])
    setUp = await place.serve([], /Make the first admin: (\S+)\n/)
    url = place.url
    admin = pages.admin = await place.browse(expected)
  }, 240_000)

  afterAll(() => place.stop(), 60_000)

  const heading = (page: Page) => page.getByRole('heading', { level: 1 })
  const secret = (page: Page, name = 'Password') => page.getByRole('textbox', { name, exact: true })
  const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' })
  const signOut = async (page: Page) => {
    await page.bringToFront() // a hidden tab animates no menu
    await button(page, /^Menu/).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.waitForURL(/\/sign-in/)
  }
  const signIn = async (page: Page, email: string, word = password) => {
    await page.getByLabel('E-mail').fill(email)
    await secret(page).fill(word)
    await button(page, 'Sign in').click()
  }
  /** The status of an answer to this browser, as its own pages ask. */
  const ask = (page: Page, method: string, path: string, body?: string) =>
    page.evaluate(async ([m, p, b]) => (await fetch(p!, { method: m!, headers: { 'Content-Type': 'application/json' }, ...(b ? { body: b } : {}) })).status, [method, path, body])

  test('nobody gets in before the first set-up, which works once', async () => {
    await admin.goto(url + '/leads')
    await admin.getByText('Nobody can sign in yet.').waitFor()
    await admin.goto(url + '/set-up#token=guess')
    await admin.getByLabel('Name').fill('Ann Lee')
    await admin.getByLabel('E-mail').fill('ann@acme.com')
    await secret(admin).fill(password)
    await button(admin, 'Set up and sign in').click()
    await admin.getByText('this link was used already').waitFor()
    await admin.goto(setUp)
    await admin.getByLabel('Name').fill('Ann Lee')
    await admin.getByLabel('E-mail').fill('ann@acme.com')
    await secret(admin).fill('ann@acme.com')
    await button(admin, 'Set up and sign in').click()
    await admin.getByText('this is too near to your own address or name').waitFor()
    expect(await admin.getByLabel('Name').inputValue()).toBe('Ann Lee')
    await secret(admin).fill(password)
    await button(admin, 'Set up and sign in').click()
    await admin.waitForURL(url + '/')
    await button(admin, 'Menu: Ann Lee').waitFor()
    expect(await admin.evaluate(() => document.cookie)).toBe('')
    const cookies = await admin.context().cookies(url)
    expect(cookies).toMatchObject([{ name: 'millrace_session', httpOnly: true, sameSite: 'Strict', path: '/' }])
    expect(await ask(admin, 'POST', '/api/v1/set-up', JSON.stringify({ token: new URL(setUp).hash.slice(7), email: 'e@e.example', name: 'Eve', password }))).toBe(401)
  }, 90_000)

  test.each(['marketing', 'sales_manager', 'sales', 'viewer'] as const)('the admin invites a person as %s, who accepts', async (role) => {
    await admin.goto(url + '/settings/people')
    await admin.getByLabel('E-mail').fill(role === 'sales' ? 'nonsense' : `${role}@acme.com`)
    await admin.getByLabel('Role', { exact: true }).selectOption(role)
    await button(admin, 'Invite').click()
    if (role === 'sales') {
      await admin.getByText('this is no e-mail address').waitFor()
      expect(await admin.getByLabel('E-mail').inputValue()).toBe('nonsense')
      await admin.getByLabel('E-mail').fill('sales@acme.com')
      await button(admin, 'Invite').click()
    }
    await admin.getByText(`Give this link to ${role}@acme.com`).waitFor()
    const link = await admin.locator('[role=status] code').innerText()
    expect(link).toMatch(new RegExp(`^${url}/invitation#token=[\\w-]{43}$`))
    const page = (pages[role] = await place.browse(expected))
    await page.goto(link)
    await page.getByText(`You are invited as ${label[role].toLowerCase()}.`).waitFor()
    await page.getByLabel('Name').fill(`Pat ${label[role]}`)
    await secret(page, 'New password').fill('1234567890')
    await button(page, 'Begin').click()
    await page.getByText('this is among the passwords that are tried first').waitFor()
    await secret(page, 'New password').fill(password)
    await button(page, 'Begin').click()
    await button(page, `Menu: Pat ${label[role]}`).waitFor()
    await page.goto(link) // whoever finds the link later
    await page.getByText('This link does not work any more.').waitFor()
    await page.goto(url)
  }, 90_000)

  // What each role finds, beside what everybody does. Pages that all may read are not named here.
  const everybody = ['Overview', 'Accounts', 'Leads', 'Contacts', 'Opportunities', 'Playbook']
  const sees: Record<Role, { nav: string[]; tabs: string[]; exports: boolean; uploads: boolean | null }> = {
    admin: { nav: [...everybody, 'Imports & data', 'Settings'], tabs: ['Keys & snippets', 'People', 'Access log'], exports: true, uploads: true },
    marketing: { nav: [...everybody, 'Imports & data', 'Settings'], tabs: ['Keys & snippets'], exports: true, uploads: true },
    sales_manager: { nav: [...everybody, 'Imports & data'], tabs: [], exports: true, uploads: false },
    sales: { nav: everybody, tabs: [], exports: false, uploads: null },
    viewer: { nav: [...everybody, 'Imports & data'], tabs: [], exports: false, uploads: false },
  }

  test.each(Object.keys(sees) as Role[])('%s finds what the role does, and nothing else', async (role) => {
    const page = pages[role]
    const want = sees[role]
    await page.goto(url + '/leads')
    await page.locator('tbody tr').first().getByRole('link').first().waitFor()
    const nav = await page.getByRole('navigation', { name: 'Main' }).getByRole('link').allInnerTexts()
    expect(nav).toEqual(expect.arrayContaining(want.nav))
    expect(nav.filter((n) => sees.admin.nav.includes(n))).toEqual(want.nav)
    expect(await page.getByRole('button', { name: 'Export', exact: true }).count()).toBe(want.exports ? 1 : 0)
    await page.locator('tbody tr').first().getByRole('link').first().click()
    await page.getByRole('heading', { name: 'Timeline' }).waitFor()
    await page.goto(url + '/data/imports')
    if (want.uploads === null) await page.getByText('Your role does not see this').waitFor()
    else {
      await page.getByRole('region', { name: 'Imports' }).or(page.getByText('No file was imported yet.')).first().waitFor()
      expect(await page.getByText('Drop a CSV file here').count()).toBe(want.uploads ? 1 : 0)
    }
    await page.goto(url + '/settings')
    await heading(page).filter({ hasText: /\w/ }).waitFor()
    expect(await page.getByRole('tab').filter({ hasText: /Keys|People|Access/ }).allInnerTexts()).toEqual(want.tabs)
    if (!want.tabs.includes('People')) {
      await page.goto(url + '/settings/people')
      await page.getByText('An admin can change your role.').waitFor()
      expect(await page.getByText('@acme.com').count()).toBe(0)
    }
  }, 90_000)

  test.each(Object.keys(sees) as Role[])('%s is refused by the server where the role ends, whatever the page shows', async (role) => {
    const page = pages[role]
    await page.goto(url + '/account')
    const got: string[] = []
    const want: string[] = []
    for (const line of roles.trim().split('\n')) {
      const [method, path, ...who] = line.split(/\s+/) as [string, string, ...string[]]
      if (!['admin', 'marketing', 'sales_manager', 'viewer'].includes(who[0]!)) continue // everybody's
      const may = who.includes(role)
      if (may && (method !== 'GET' || path.includes('tail'))) continue // they would do it
      want.push(`${method} ${path} ${may ? 'answered' : 'refused'}`)
      const status = await ask(page, method, path.replace('{id}', '1'), method === 'GET' ? undefined : '{}')
      got.push(`${method} ${path} ${status === 403 ? 'refused' : 'answered'}`)
    }
    expect(got).toEqual(want)
    place.complaints.splice(0, place.complaints.length, ...place.complaints.filter((c) => !c.includes('404'))) // there is no import 1
    if (!sees[role].exports) expect(await ask(page, 'GET', '/api/v1/contacts?format=csv')).toBe(403)
  }, 90_000)

  test('marketing imports a file and takes it back, and the admin sees who it was', async () => {
    const page = pages.marketing
    const file = join(place.dir, 'people.csv')
    writeFileSync(file, 'Email,First Name,Last Name,Company\neva@newcomer.example,Eva,New,Newcomer\n')
    await page.goto(url + '/data/imports')
    await page.locator('input[type=file]').setInputFiles(file)
    await button(page, 'Check the whole file').click()
    await button(page, 'Import 1 row').click()
    await page.getByText('1 row imported').waitFor()
    await button(page, 'Back to all imports').first().click()
    await button(page, 'Undo people.csv').click()
    await page.getByRole('dialog').getByRole('button', { name: 'Undo' }).click()
    await page.getByText('The import was undone.').waitFor()
    const download = pages.sales_manager.waitForEvent('download')
    await pages.sales_manager.goto(url + '/contacts')
    await pages.sales_manager.getByRole('button', { name: 'Export', exact: true }).click()
    await pages.sales_manager.getByRole('menuitem', { name: 'CSV, columns as shown' }).click()
    await download
    await admin.goto(url + '/settings/access-log')
    await admin.getByRole('row', { name: /Pat Marketing.*Undid an import/ }).waitFor()
    await admin.getByRole('row', { name: /Pat Marketing.*Imported a file.*people\.csv/ }).waitFor()
    await admin.getByRole('row', { name: /Pat Sales manager.*Exported.*contacts/ }).waitFor()
    await admin.getByLabel('Action').selectOption('set_up')
    await admin.getByRole('row', { name: /Ann Lee.*Set Millrace up/ }).waitFor()
    await expect.poll(() => admin.locator('tbody tr').count()).toBe(1)
  }, 90_000)

  test('a role that changes counts at once, and who is disabled is out', async () => {
    const page = pages.viewer
    await page.goto(url + '/contacts')
    await button(page, /^Menu/).waitFor()
    await admin.goto(url + '/settings/people')
    await admin.getByLabel('Role of Pat Viewer').selectOption('sales')
    await admin.getByText('Pat Viewer now has the role sales.').waitFor()
    expect(await ask(page, 'GET', '/api/v1/events')).toBe(403)
    await page.reload()
    await button(page, /^Menu/).waitFor()
    expect(await page.getByRole('link', { name: 'Imports & data' }).count()).toBe(0)
    await button(admin, 'Actions for Pat Viewer').click()
    await admin.getByRole('menuitem', { name: 'Disable' }).click()
    await admin.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
    await admin.getByText('They can not sign in any more.').waitFor()
    expect(await ask(page, 'GET', '/api/v1/session')).toBe(401)
    await page.goto(url + '/sign-in')
    await signIn(page, 'viewer@acme.com')
    await page.getByText('the e-mail address or the password is not right').waitFor()
    // The last admin stays.
    await admin.getByLabel('Role of Ann Lee').selectOption('sales')
    await admin.getByText('is the only admin').waitFor()
    await expect.poll(() => admin.getByLabel('Role of Ann Lee').inputValue()).toBe('admin')
  }, 90_000)

  test('a session that ends in the middle of work is renewed over the page, and nothing typed is lost', async () => {
    await admin.goto(url + '/settings/people')
    await admin.getByLabel('E-mail').fill('late@acme.com')
    await admin.getByLabel('Name').fill('Lou Late')
    await admin.context().clearCookies()
    await button(admin, 'Invite').click()
    const dialog = admin.getByRole('dialog', { name: 'Your session has ended' })
    await dialog.getByText('ann@acme.com').waitFor()
    await secret(admin).fill('wrong')
    await dialog.getByRole('button', { name: 'Sign in' }).click()
    await dialog.getByText('is not right').waitFor()
    expect(await admin.getByLabel('Name').inputValue()).toBe('Lou Late')
    await secret(admin).fill(password)
    await dialog.getByRole('button', { name: 'Sign in' }).click()
    await admin.getByText('Give this link to late@acme.com').waitFor() // sent once more by itself
    await admin.getByRole('row', { name: /Lou Late/ }).waitFor()
    expect(await admin.getByRole('row', { name: /Lou Late/ }).count()).toBe(1)
    // Whoever does not sign in again leaves, and comes back to where they were.
    await admin.context().clearCookies()
    await admin.getByRole('link', { name: 'Leads' }).click()
    await button(admin, 'Leave this page').click()
    await admin.waitForURL(/\/sign-in\?next=/)
    await signIn(admin, 'ann@acme.com')
    await admin.waitForURL(/\/leads$/)
  }, 90_000)

  test('a server that is down, broken or slow is said, and nothing typed is lost', async () => {
    await admin.goto(url + '/settings/people')
    await admin.getByLabel('E-mail').fill('again@acme.com')
    await place.down()
    await button(admin, 'Invite').click()
    await admin.getByText('The server did not answer.').waitFor()
    expect(await admin.getByLabel('E-mail').inputValue()).toBe('again@acme.com')
    await place.serve([], /(serves on)/) // the session has outlived it
    await admin.route('**/api/v1/invitations', (r) => r.fulfill({ status: 500, contentType: 'application/problem+json', body: JSON.stringify({ status: 500, detail: "the request failed for a reason of our own; the server's log has it" }) }))
    await button(admin, 'Invite').click()
    await admin.getByText('the request failed for a reason of our own').waitFor()
    await admin.unroute('**/api/v1/invitations')
    let answer = () => {}
    const waits = new Promise<void>((resolve) => (answer = resolve))
    await admin.route('**/api/v1/invitations', async (r) => {
      await waits
      await r.continue()
    })
    await button(admin, 'Invite').click()
    await admin.getByText('The server takes long…').waitFor()
    expect(await admin.getByLabel('E-mail').inputValue()).toBe('again@acme.com')
    answer()
    await admin.getByText('Give this link to again@acme.com').waitFor()
    await admin.unroute('**/api/v1/invitations')
    // A page that can't be loaded says so, and loads when it can.
    await admin.route('**/api/v1/leads*', (r) => r.abort())
    await admin.getByRole('link', { name: 'Leads' }).click()
    await admin.getByText('The server did not answer.').waitFor()
    await admin.unroute('**/api/v1/leads*')
    await button(admin, 'Try again').click()
    await admin.locator('tbody tr').first().getByRole('link').first().waitFor()
  }, 90_000)

  test('two tabs know of each other', async () => {
    const first = pages.sales
    const second = await first.context().newPage()
    await first.goto(url + '/account')
    await second.goto(url + '/leads')
    await button(second, /^Menu/).waitFor()
    await signOut(first)
    await second.getByRole('dialog', { name: 'Your session has ended' }).waitFor() // at once, not when something is lost
    await signIn(first, 'sales@acme.com')
    await first.waitForURL(url + '/')
    await second.getByRole('dialog').waitFor({ state: 'hidden' }) // and goes on by itself
    await second.locator('tbody tr').first().getByRole('link').first().waitFor()
    await signOut(first)
    await signIn(first, 'marketing@acme.com') // somebody else
    await button(first, 'Menu: Pat Marketing').waitFor()
    await second.waitForURL(url + '/')
    await button(second, 'Menu: Pat Marketing').waitFor()
    await signOut(first)
    await signIn(first, 'sales@acme.com')
    await button(first, 'Menu: Pat Sales').waitFor()
    await button(second, 'Menu: Pat Sales').waitFor() // a page that is closed while it loads may never say that it is
    await second.close()
  }, 90_000)

  test('a stale form changes what was chosen in it, and shows what others changed meanwhile', async () => {
    await admin.goto(url + '/settings/people')
    await admin.getByLabel('Role of Pat Sales manager').waitFor()
    place.run(['user', 'role', 'sales_manager@acme.com', 'viewer'])
    place.run(['user', 'disable', 'marketing@acme.com'])
    await button(admin, 'Actions for Pat Marketing').click()
    await admin.getByRole('menuitem', { name: 'Link to choose a password' }).click() // which they were still offered
    await admin.getByText('marketing@acme.com is disabled: enable them first').waitFor()
    await admin.getByLabel('Role of Pat Sales', { exact: true }).selectOption('sales_manager')
    await admin.getByText('Pat Sales now has the role sales manager.').waitFor()
    await expect.poll(() => admin.getByLabel('Role of Pat Sales manager').inputValue()).toBe('viewer')
  }, 90_000)

  test('a password is changed, and a forgotten one is replaced by a link; other browsers are out', async () => {
    const page = pages.sales
    await page.goto(url + '/account')
    await secret(page, 'Present password').fill('wrong')
    await secret(page, 'New password').fill('quite another sentence')
    await button(page, 'Change the password').click()
    await page.getByText('this is not your present password').waitFor()
    expect(await secret(page, 'New password').inputValue()).toBe('quite another sentence')
    await secret(page, 'Present password').fill(password)
    await button(page, 'Change the password').click()
    await page.getByText('Your password is changed, and other browsers are signed out.').waitFor()
    await signOut(page)
    await page.getByRole('link', { name: 'Forgot your password?' }).click()
    await page.getByText('Ask an admin for a link.').waitFor()
    const link = /http\S+/.exec(place.run(['user', 'reset', 'sales@acme.com', '--public-url', url]))![0]
    await page.goto(link)
    await secret(page, 'New password').fill('a third one of some length')
    await button(page, 'Change the password').click()
    await page.getByText('Your password is changed.').waitFor()
    await page.getByRole('link', { name: 'Sign in' }).click()
    await signIn(page, 'sales@acme.com', 'a third one of some length')
    await button(page, 'Menu: Pat Sales').waitFor()
  }, 90_000)

  test('guessing is held up, with the time to wait', async () => {
    const page = pages.viewer
    await page.goto(url + '/sign-in')
    for (let i = 0; i < 10; i++) expect(await ask(page, 'POST', '/api/v1/session', JSON.stringify({ email: 'sales@acme.com', password: 'wrong' }))).toBe(401)
    await signIn(page, 'sales@acme.com', 'a third one of some length')
    await page.getByText(/too many attempts: try again in \d+s/).waitFor()
    place.complaints.splice(0, place.complaints.length, ...place.complaints.filter((c) => !c.includes('429')))
  }, 90_000)

  test('no page of another site can frame the app, use its session or be gone to from it', async () => {
    const page = pages.marketing
    place.run(['user', 'enable', 'marketing@acme.com'])
    await page.goto(url + '/sign-in?next=' + encodeURIComponent('//evil.example/leads'))
    await signIn(page, 'marketing@acme.com')
    await button(page, /^Menu/).waitFor()
    expect(page.url()).toBe(url + '/')
    // The same server under another name is another site to a browser.
    const evil = url.replace('127.0.0.1', 'localhost')
    const stranger = await page.context().newPage()
    await stranger.route(evil + '/', (r) => r.fulfill({ contentType: 'text/html', body: `<iframe src="${url}/"></iframe>` }))
    const before = place.complaints.length
    await stranger.goto(evil + '/')
    await expect.poll(() => stranger.frames()[1]?.url()).toMatch(/^chrome-error:/)
    const status = await stranger.evaluate(
      (to) =>
        fetch(to + '/api/v1/session', { method: 'DELETE', credentials: 'include', mode: 'no-cors' }).then(
          (r) => r.type,
          () => 'refused',
        ),
      url,
    )
    expect(['opaque', 'refused']).toContain(status)
    await stranger.evaluate((to) => fetch(to + '/api/v1/session', { method: 'POST', credentials: 'include', mode: 'no-cors', body: '{}' }).catch(() => {}), url)
    expect(await ask(page, 'GET', '/api/v1/session')).toBe(200) // it is still theirs
    await stranger.close()
    place.complaints.splice(before)
  }, 90_000)

  test('somebody is deleted: they are out, what they did stays, and the keys that they made are named', async () => {
    const page = pages.marketing
    place.run(['user', 'role', 'marketing@acme.com', 'admin'])
    await page.goto(url + '/account')
    await button(page, /^Menu/).waitFor()
    expect(await ask(page, 'POST', '/api/v1/keys', JSON.stringify({ kind: 'secret', name: 'Warehouse', scopes: ['read'] }))).toBe(201)
    await admin.bringToFront()
    await admin.goto(url + '/settings/people')
    await button(admin, 'Actions for Ann Lee').click()
    await admin.getByRole('menuitem', { name: 'Disable' }).waitFor()
    expect(await admin.getByRole('menuitem', { name: 'Delete' }).count()).toBe(0) // nobody deletes themselves
    await admin.keyboard.press('Escape')
    await button(admin, 'Actions for Pat Marketing').click()
    await admin.getByRole('menuitem', { name: 'Delete' }).click()
    const dialog = admin.getByRole('dialog', { name: 'Delete Pat Marketing?' })
    await dialog.getByText('This can’t be undone').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(await ask(page, 'GET', '/api/v1/session')).toBe(200)
    await button(admin, 'Actions for Pat Marketing').click()
    await admin.getByRole('menuitem', { name: 'Delete' }).click()
    await dialog.getByRole('button', { name: 'Delete' }).click()
    await admin.getByText('Pat Marketing is deleted.').waitFor()
    await admin.getByRole('status').filter({ hasText: 'Keys that Pat Marketing made go on working' }).getByText('Warehouse').waitFor()
    await expect.poll(() => admin.getByRole('row', { name: /Pat Marketing/ }).count()).toBe(0)
    expect(await ask(page, 'GET', '/api/v1/session')).toBe(401)
    await admin.goto(url + '/settings/access-log')
    await admin.getByRole('row', { name: /Ann Lee.*Deleted a person.*marketing@acme\.com/ }).waitFor()
    await admin.getByRole('row', { name: /Pat Marketing.*Imported a file/ }).waitFor()
    // Elsewhere it was done already: the stale page says so.
    await admin.goto(url + '/settings/people')
    await button(admin, 'Actions for Pat Viewer').click()
    place.run(['user', 'delete', 'viewer@acme.com', '--yes'])
    await admin.getByRole('menuitem', { name: 'Delete' }).click()
    await admin.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await admin.getByText('there is no user').waitFor()
    place.complaints.splice(0, place.complaints.length, ...place.complaints.filter((c) => !c.includes('404')))
  }, 90_000)

  test('the browser complained of nothing else', () => expect(place.complaints).toEqual([]))
})
