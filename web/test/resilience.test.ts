// What goes wrong while somebody types: another tab was faster, the page went away, the session ended, the server is down, broken or slow. Each
// is said, nothing typed is lost, and trying again works once. In a real browser against a real server; left out without Go and Chromium.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { able, Place } from './server'

const password = 'a few words in a row'
const patient = { timeout: 20_000 }

describe.skipIf(!able)('what goes wrong while somebody types', () => {
  const place = new Place()
  let url = ''
  let page: Page

  beforeAll(async () => {
    place.build()
    place.run(['market', 'generate', '--fill', '--accounts', '30', '--months', '2'])
    page = await place.founded((text) => /status of (401|409|500|503|507)|ERR_CONNECTION_REFUSED|ERR_FAILED/.test(text), 'Ann Lee', password)
    url = place.url
  }, 240_000)

  afterAll(() => place.stop(), 60_000)

  const editor = async (tab: Page) => {
    await tab.goto(url + '/playbook/edit')
    await tab.getByRole('combobox', { name: 'Part' }).selectOption({ label: 'Scoring' })
    await expect.poll(() => yaml(tab).inputValue(), patient).toContain('half_life_days')
  }
  const yaml = (tab: Page) => tab.getByRole('textbox', { name: 'YAML' })
  const halfLife = (tab: Page) => tab.getByLabel('Half-life in days')
  const changed = (tab: Page) => expect.poll(() => tab.getByRole('heading', { level: 1 }).innerText(), patient).toMatch(/^\d+ changes?, not applied yet/)
  const plan = (tab: Page) => tab.getByRole('region', { name: 'What would change' })
  const workOut = (tab: Page) => plan(tab).getByRole('button', { name: /^(What would change|Work it out again)$/ })
  const askToApply = async (tab: Page, why: string) => {
    await workOut(tab).click()
    await plan(tab).getByText(/would become MQL|Nobody would/).waitFor()
    await plan(tab).getByRole('button', { name: 'Apply' }).click()
    await tab.getByRole('dialog').getByLabel('Why?').fill(why)
  }
  const ended = (tab: Page) => tab.getByRole('dialog', { name: 'Your session has ended' })
  const signInAgain = async (tab: Page) => {
    await ended(tab).getByText('ann@acme.com').waitFor()
    await ended(tab).getByRole('textbox', { name: 'Password', exact: true }).fill(password)
    await ended(tab).getByRole('button', { name: 'Sign in' }).click()
    await ended(tab).waitFor({ state: 'hidden' })
  }

  test('of two tabs of the playbook editor the second is refused with the version of the first, and loses neither its text nor its reason', async () => {
    await editor(page)
    const second = await page.context().newPage()
    await editor(second)
    await halfLife(second).fill('21')
    await changed(second)
    await page.getByText('Another tab edits this playbook too.').waitFor()
    await page.getByRole('button', { name: 'Go on with this text' }).click()
    await yaml(page).fill((await yaml(page).inputValue()).replace('intent: 120', 'intent: 118'))
    await changed(page)
    // Both are about to apply; the first does.
    await second.bringToFront()
    await askToApply(second, 'purchases take longer here')
    await page.bringToFront()
    await askToApply(page, 'one role less is enough')
    await page.getByRole('dialog').getByRole('button', { name: 'Apply' }).click()
    await page.getByText(/The playbook rules now/).waitFor()
    await second.bringToFront()
    await second.getByRole('dialog').getByRole('button', { name: 'Apply' }).click()
    const told = second.getByRole('alert').filter({ hasText: 'applied another playbook' })
    await expect.poll(() => told.innerText(), patient).toMatch(/Ann Lee applied another playbook .*“one role less is enough”/)
    await told.getByText('Nothing was applied; your text and your reason are kept.').waitFor()
    await expect.poll(() => told.evaluate((el) => el.getBoundingClientRect().top >= 0 && el.getBoundingClientRect().bottom <= innerHeight)).toBe(true)
    expect(await yaml(second).inputValue()).toMatch(/half_life_days: 21/)
    expect(await workOut(second).isDisabled()).toBe(true)
    await told.getByRole('button', { name: 'Bring my changes onto it' }).click()
    await expect.poll(() => yaml(second).inputValue(), patient).toMatch(/half_life_days: 21[^]*intent: 118/)
    await workOut(second).click()
    await expect.poll(() => plan(second).getByRole('button', { name: 'Apply' }).isEnabled(), patient).toBe(true)
    await plan(second).getByRole('button', { name: 'Apply' }).click()
    expect(await second.getByRole('dialog').getByLabel('Why?').inputValue()).toBe('purchases take longer here')
    await second.getByRole('dialog').getByRole('button', { name: 'Apply' }).click()
    await second.getByText(/The playbook rules now/).waitFor()
    await second.close()
  }, 150_000)

  test('a draft outlives its page and its tab; that it is one is said, and it can be dropped', async () => {
    await editor(page)
    const was = await yaml(page).inputValue()
    await halfLife(page).fill('19')
    await changed(page)
    await page.goto(url + '/leads')
    await page.getByRole('heading', { level: 1 }).waitFor()
    const again = await page.context().newPage()
    await again.goto(url + '/playbook/edit')
    await again.getByText(/Your unsaved changes, last typed .*, are here again\./).waitFor()
    expect(await yaml(again).inputValue()).toContain('half_life_days: 19')
    await again.getByRole('button', { name: 'Discard them' }).click()
    await expect.poll(() => yaml(again).inputValue(), patient).toBe(was)
    await again.reload()
    await expect.poll(() => yaml(again).inputValue(), patient).toBe(was)
    expect(await again.getByText(/Your unsaved changes/).count()).toBe(0)
    await again.close()
  }, 90_000)

  test('a session that ends while the playbook is edited is renewed over the editor', async () => {
    await editor(page)
    await page.context().clearCookies()
    await halfLife(page).fill('23') // is checked as it is typed
    await signInAgain(page)
    expect(await yaml(page).inputValue()).toContain('half_life_days: 23')
    await changed(page)
    await page.getByRole('button', { name: 'Discard changes' }).click()
  }, 60_000)

  const deals = () => page.evaluate(async () => ((await (await fetch('/api/v1/opportunities?q=Kept&limit=50')).json()) as { data: { name: string }[] }).data.map((d) => d.name))

  test('a form in a dialog keeps what was typed when the session ends, the server is down, broken or slow, and is sent once', async () => {
    await page.goto(url + '/opportunities')
    await page.getByRole('button', { name: 'New opportunity' }).click()
    const form = page.getByRole('dialog', { name: 'New opportunity' })
    const send = form.getByRole('button', { name: 'Make it', exact: true })
    await form.getByLabel('Name').fill('Kept over everything')
    await form.getByLabel('Company').fill('kept.example')
    await form.getByLabel(/^Amount/).fill('1234')
    const kept = async () => expect([await form.getByLabel('Name').inputValue(), await form.getByLabel('Company').inputValue(), await form.getByLabel(/^Amount/).inputValue()]).toEqual(['Kept over everything', 'kept.example', '1234'])

    await page.route('**/api/v1/opportunities', (r) => (r.request().method() === 'POST' ? r.abort() : r.continue()))
    await send.click()
    await form.getByText('The server did not answer.').waitFor()
    await kept()
    await page.unroute('**/api/v1/opportunities')

    await page.route('**/api/v1/opportunities', (r) => (r.request().method() === 'POST' ? r.fulfill({ status: 500, contentType: 'application/problem+json', body: JSON.stringify({ status: 500, detail: "the request failed for a reason of our own; the server's log has it" }) }) : r.continue()))
    await send.click()
    await form.getByText('the request failed for a reason of our own').waitFor()
    await kept()
    await page.unroute('**/api/v1/opportunities')
    await page.route('**/api/v1/opportunities', (r) => (r.request().method() === 'POST' ? r.fulfill({ status: 503, contentType: 'text/html', body: '<h1>Bad gateway</h1>' }) : r.continue()))
    await send.click()
    await form.getByText('The server can’t answer now (503).').waitFor()
    await kept()
    await page.unroute('**/api/v1/opportunities')

    let answer = () => {}
    const waits = new Promise<void>((resolve) => (answer = resolve))
    await page.context().clearCookies()
    await page.route('**/api/v1/opportunities', async (r) => {
      if (r.request().method() === 'POST') await waits
      await r.continue()
    })
    await send.click()
    await page.getByText('The server takes long…').waitFor()
    await kept()
    answer()
    await signInAgain(page)
    await page.waitForURL(/\/opportunities\/opp_/)
    await page.getByRole('heading', { level: 1, name: /Kept over everything: open/ }).waitFor()
    expect(await deals()).toEqual(['Kept over everything'])
    await page.unroute('**/api/v1/opportunities')
  }, 90_000)

  test('what is to be published, noted and mailed is kept over an answer that fails', async () => {
    const broken = { status: 500, contentType: 'application/problem+json', body: '{"status":500,"detail":"the disk is full"}' }
    for (const [path, calls, open, field, words] of [
      ['/reports?publish=economics', '**/api/v1/reports', '', 'Title', 'March for the board'],
      ['/dashboards/executive', '**/api/v1/annotations', 'Add a note', 'What happened', 'The fair in Berlin'],
      ['/settings', '**/api/v1/keys', '', 'Name', 'Pricing page'],
    ] as const) {
      await page.goto(url + path)
      if (open) await page.getByRole('button', { name: open }).click()
      const text = page.getByLabel(field, { exact: false }).first()
      await text.fill(words)
      await page.route(calls, (r) => (r.request().method() === 'POST' ? r.fulfill(broken) : r.continue()))
      await text.press(open ? 'Control+Enter' : 'Enter')
      await page.getByText('the disk is full').first().waitFor()
      expect(await text.inputValue(), path).toBe(words)
      await page.unroute(calls)
      await text.press(open ? 'Control+Enter' : 'Enter')
      await expect.poll(() => page.getByText('the disk is full').count(), patient).toBe(0)
      await page.getByText(words).or(page.getByRole('heading', { name: words })).first().waitFor()
    }
  }, 120_000)

  test('a full disk is said on every page until there is room again, and a form keeps its words', async () => {
    let writing = 'no_room'
    await page.route('**/api/v1/health', async (r) => {
      const answer = await r.fetch()
      await r.fulfill({ response: answer, json: { ...(await answer.json()), writing } })
    })
    const full = { status: 507, contentType: 'application/problem+json', body: JSON.stringify({ status: 507, title: "No room on the server's disk", detail: "there is no room left on the server's disk: free some, then do it again; nothing was lost" }) }
    await page.route('**/api/v1/keys', (r) => (r.request().method() === 'POST' ? r.fulfill(full) : r.continue()))
    const banner = page.getByRole('alert').filter({ hasText: 'There is no room left on the server’s disk' })
    await page.goto(url + '/settings')
    await banner.waitFor()
    await page.getByLabel('Name', { exact: false }).first().fill('Kept over a full disk')
    await page.getByLabel('Name', { exact: false }).first().press('Enter')
    await page.getByText("there is no room left on the server's disk").waitFor()
    expect(await page.getByLabel('Name', { exact: false }).first().inputValue()).toBe('Kept over a full disk')
    await page.getByRole('link', { name: 'Accounts', exact: true }).click()
    await page.getByRole('heading', { level: 1 }).waitFor()
    await banner.waitFor()
    writing = 'ok'
    await banner.waitFor({ state: 'detached' })

    // Whoever is refused while nobody knew of it yet is told at once, not at the next time that it is asked for.
    writing = 'failing'
    await page.getByRole('link', { name: 'Settings', exact: true }).click()
    await page.getByLabel('Name', { exact: false }).first().fill('One more')
    await page.getByLabel('Name', { exact: false }).first().press('Enter')
    await page.getByRole('alert').filter({ hasText: 'The server can’t write to its database' }).waitFor()
    await page.unroute('**/api/v1/keys')
    await page.unroute('**/api/v1/health')
    await expect.poll(() => page.getByRole('alert').count(), patient).toBe(0)
  }, 60_000)

  test('the browser complained of nothing else', () => expect(place.complaints).toEqual([]))
})
