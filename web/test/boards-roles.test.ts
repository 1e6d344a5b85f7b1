// Two people at the dashboards, in two browsers: what the one shares the other finds, what a role may not do is not offered and refused, and what both
// change at once is said to be whose. Needs Go and Chromium; left out without them.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { able, Place } from './server'

describe.skipIf(!able)('two people at the dashboards', () => {
  const place = new Place()
  const password = 'correct-horse-battery'
  let url = ''
  let mo: Page // marketing
  let vi: Page // viewer

  beforeAll(async () => {
    place.build()
    await place.serve(['--demo', '--accounts', '60'], /Sign in: (\S+)\n/)
    url = place.url
    const arrive = async (name: string, role: string) => {
      place.run(['user', 'add', `${role}@example.com`, '--name', name, '--role', role], password + '\n')
      const page = await place.browse((text) => text.includes('401') || text.includes('403'))
      await page.goto(url + '/sign-in?next=' + encodeURIComponent('/dashboards/executive'))
      await page.getByLabel('E-mail').fill(`${role}@example.com`)
      await page.getByRole('textbox', { name: 'Password', exact: true }).fill(password)
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      await page.waitForURL(/\/dashboards\/executive/)
      await ready(page)
      return page
    }
    mo = await arrive('Mo Reyes', 'marketing')
    vi = await arrive('Vi Stone', 'viewer')
  }, 300_000)

  afterAll(() => place.stop(), 30_000)

  const ready = async (page: Page) => {
    await page.waitForFunction(() => !document.querySelector('.mantine-Skeleton-root') && !!document.querySelector('h1')?.textContent?.trim())
    await page.getByRole('region', { name: 'Notes on these days' }).waitFor()
  }
  const notes = (page: Page) => page.getByRole('region', { name: 'Notes on these days' })
  const status = (page: Page, method: string, path: string, body?: unknown) =>
    page.evaluate(async ([m, p, b]) => (await fetch(p!, { method: m!, headers: { 'Content-Type': 'application/json' }, ...(b ? { body: b } : {}) })).status, [method, path, body && JSON.stringify(body)] as (string | undefined)[])

  test('a link shows the other the same days, the same comparison, the same figure opened, and its people', async () => {
    await mo.getByLabel('Compare with').selectOption('previous')
    await mo.waitForURL(/compare=previous/)
    await mo.getByRole('tab', { name: 'Channels', exact: true }).click()
    await mo.waitForURL(/\/dashboards\/channel/)
    await ready(mo)
    await mo.locator('[data-tile="leads"] .number').click()
    await mo.waitForURL(/figure=/)
    const seen = async (page: Page) => {
      const panel = page.getByRole('dialog')
      await panel.locator('.behind a').first().waitFor()
      return { sentence: await page.locator('h1').innerText(), days: await page.locator('header .hint').innerText(), first: await panel.locator('.behind a').first().getAttribute('href') }
    }
    const link = mo.url()
    const shared = await seen(mo)
    await vi.goto(link)
    expect(await seen(vi)).toEqual(shared)
    await vi.getByRole('dialog').locator('.behind a').first().click()
    await vi.waitForURL(/\/contacts\/con_/)
    await vi.getByRole('heading', { level: 1 }).waitFor()
  }, 60_000)

  test('a viewer is offered neither notes nor mails nor files, and is refused them', async () => {
    await vi.goto(url + '/dashboards/sales')
    await ready(vi)
    for (const name of ['Add a note', 'Mail this view', 'Publish…']) expect(await vi.getByRole('button', { name }).or(vi.getByRole('link', { name })).count(), name).toBe(0)
    expect(await vi.getByRole('link', { name: / as CSV$/ }).count()).toBe(0)
    expect(await vi.getByRole('region', { name: 'Sent by mail' }).count()).toBe(0)
    expect(await status(vi, 'POST', '/api/v1/annotations', { from: '2026-01-01', to: '2026-01-01', text: 'mine' })).toBe(403)
    expect(await status(vi, 'GET', '/api/v1/dashboards/sales/tables/reps?format=csv')).toBe(403)
    expect(await status(vi, 'POST', '/api/v1/reports', { kind: 'economics', title: 'mine' })).toBe(403)
    await mo.goto(url + '/dashboards/sales')
    await ready(mo)
    await mo.getByRole('button', { name: 'Mail this view' }).waitFor()
    expect(await mo.getByRole('link', { name: / as CSV$/ }).count()).toBeGreaterThan(0)
  }, 60_000)

  test('a note of the one is read by the other with its author, and says who changed it', async () => {
    const write = async (open: string, text: string) => {
      await notes(mo).getByRole('button', { name: open }).click()
      const dialog = mo.getByRole('dialog')
      await dialog.getByLabel('What happened').fill(text)
      await dialog.getByRole('button', { name: 'Save' }).click()
      await notes(mo).getByText(text).waitFor()
    }
    await write('Add a note', 'Fair in Hannover')
    await vi.goto(url + '/dashboards/sales')
    await ready(vi)
    await notes(vi).getByText('Fair in Hannover').waitFor()
    expect(await notes(vi).innerText()).toContain('Mo Reyes')
    expect(await notes(vi).getByRole('button').count()).toBe(0)
    const id = await notes(vi).locator('li').first().getAttribute('id')
    expect(await status(vi, 'PATCH', `/api/v1/annotations/${id}`, { text: 'mine' })).toBe(403)
    expect(await status(vi, 'DELETE', `/api/v1/annotations/${id}`)).toBe(403)
    await write('Change the note: Fair in Hannover', 'Fair in Berlin')
    await vi.reload()
    await notes(vi).getByText('Fair in Berlin').waitFor()
    expect(await notes(vi).getByText('Fair in Hannover').count()).toBe(0)
  }, 60_000)

  test('a note that somebody else changed meanwhile is not written over: both are there, and the one who saves again knows', async () => {
    const first = await notes(mo).locator('li').first().getAttribute('id')
    await notes(mo).getByRole('button', { name: 'Change the note: Fair in Berlin' }).click()
    const dialog = mo.getByRole('dialog')
    await dialog.getByLabel('What happened').fill('Fair in Munich')
    expect(await status(mo, 'PATCH', `/api/v1/annotations/${first}`, { text: 'Fair in Cologne' })).toBe(200)
    const save = dialog.getByRole('button', { name: 'Save' })
    await save.click()
    await dialog.getByText('Mo Reyes changed it meanwhile. It says now:').waitFor()
    await dialog.getByText('Fair in Cologne', { exact: true }).waitFor()
    expect(await dialog.getByLabel('What happened').inputValue()).toBe('Fair in Munich')
    await dialog.getByRole('button', { name: 'Take theirs' }).click()
    expect(await dialog.getByLabel('What happened').inputValue()).toBe('Fair in Cologne')
    await dialog.getByLabel('What happened').fill('Fair in Munich')
    await save.click()
    await notes(mo).getByText('Fair in Munich').waitFor()
  }, 60_000)

  test('mails that somebody else changed meanwhile are not written over either', async () => {
    const mails = mo.getByRole('region', { name: 'Sent by mail' })
    const dialog = mo.getByRole('dialog')
    const save = dialog.getByRole('button', { name: 'Save' })
    const called = dialog.getByLabel('What the mails are called')
    await mails.getByRole('button', { name: 'Mail this view' }).click()
    await called.fill('Monday figures')
    await dialog.getByLabel('Who gets it').fill('marketing@example.com')
    await save.click()
    await mails.getByRole('button', { name: 'Change the mails: Monday figures' }).click()
    await called.fill('Figures of the week')
    const { id } = await mo.evaluate(async () => ((await (await fetch('/api/v1/schedules')).json()) as { data: { id: string }[] }).data[0]!)
    const theirs = { title: 'For the board', view: 'sales', span: 'last-month', every: 'monthly', day: 3, at: '07:30', recipients: ['board@example.com'] }
    expect(await status(mo, 'PUT', `/api/v1/schedules/${id}`, theirs)).toBe(200)
    await save.click()
    await dialog.getByText('Mo Reyes changed it meanwhile. It says now:').waitFor()
    await dialog.getByText('on day 3 of every month at 07:30 · to board@example.com').waitFor()
    expect(await called.inputValue()).toBe('Figures of the week')
    await dialog.getByRole('button', { name: 'Take theirs' }).click()
    expect(await called.inputValue()).toBe('For the board')
    expect(await dialog.getByLabel('On day').inputValue()).toBe('3')
    expect(await dialog.getByLabel('Who gets it').inputValue()).toBe('board@example.com')
    await called.fill('Figures of the month')
    await save.click()
    await mails.getByText('Figures of the month').waitFor()
    await mails.getByText('on day 3 of every month at 07:30').waitFor()
    expect(await status(mo, 'DELETE', `/api/v1/schedules/${id}`)).toBe(204)
  }, 60_000)

  test('a session that ends while a note is written is renewed over it, and the note is kept', async () => {
    await notes(mo).getByRole('button', { name: 'Add a note' }).click()
    const form = mo.getByRole('dialog', { name: 'Note on a day' })
    await form.getByLabel('What happened').fill('Price list of autumn')
    await mo.context().clearCookies()
    await form.getByRole('button', { name: 'Save' }).click()
    const ended = mo.getByRole('dialog', { name: 'Your session has ended' })
    await ended.getByLabel('Password', { exact: true }).fill(password)
    await ended.getByRole('button', { name: 'Sign in' }).click()
    await notes(mo).getByText('Price list of autumn').waitFor()
    await vi.reload()
    await notes(vi).getByText('Price list of autumn').waitFor() // the other's session went on
  }, 60_000)

  test('neither browser complained of anything', () => expect(place.complaints.filter((c) => !c.includes('409'))).toEqual([]))
})
