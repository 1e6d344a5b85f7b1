// What sales does, in a real browser: the hottest lead found, opened and accepted by keyboard alone, a form that somebody was faster than, and an
// opportunity from its beginning to its end.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { able, Place } from './server'

describe.skipIf(!able)('sales in a browser', () => {
  const place = new Place()
  let url = ''
  let page: Page

  beforeAll(async () => {
    place.build()
    const signIn = await place.serve(['--demo', '--accounts', '60'], /Sign in: (\S+)\n/)
    url = place.url
    // A refusal because somebody was faster is an answer of 409, which browsers log.
    page = await place.browse((text) => text.includes('401') || text.includes('409'))
    await page.goto(signIn)
    await page.waitForURL(url + '/')
  }, 240_000)

  afterAll(() => place.stop(), 30_000)

  const press = (...keys: string[]) => keys.reduce((before, k) => before.then(() => page.keyboard.press(k)), Promise.resolve())
  const leads = async (search = '') => {
    await page.goto(url + '/leads' + search)
    await page.locator('tbody tr a').first().waitFor()
  }
  const post = (path: string, body: unknown) =>
    page.evaluate(async ([p, b]) => (await fetch('/api/v1' + p, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: b })).status, [path, JSON.stringify(body)] as const)
  const patch = (path: string, body: unknown) =>
    page.evaluate(async ([p, b]) => (await fetch('/api/v1' + p, { method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body: b })).status, [path, JSON.stringify(body)] as const)
  const whoIs = async (row: number) => (await page.locator('tbody tr').nth(row).locator('a').first().innerText()).trim()
  const idOf = async (row: number) => (await page.locator('tbody tr').nth(row).locator('a').first().getAttribute('href'))!.split('/').at(-1)!

  test('the hottest lead is found, seen why and accepted by keyboard alone, and given back', async () => {
    await leads()
    expect(await page.locator('tbody tr .reasons').first().innerText()).toMatch(/this week|in the last 30 days/)
    await page.goto(url + '/leads?stage=lead')
    await page.locator('tbody tr a').first().waitFor()
    const name = await whoIs(0)
    await press('j', 'w')
    await page.getByRole('dialog').getByRole('heading', { name: 'Intent' }).waitFor()
    await press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await press('j', 'k', 'a')
    await page.getByText(`${name} is accepted.`).waitFor()
    await expect.poll(() => whoIs(0)).not.toBe(name)
    await press('u')
    await page.getByText(`${name} stands where it stood before.`).waitFor()
    await expect.poll(() => whoIs(0)).toBe(name)
    await press('Shift+?')
    await page.getByRole('dialog').getByText('Accept the lead').waitFor()
    await press('Escape')
  }, 60_000)

  test('a lead is rejected with a reason, by keyboard alone', async () => {
    await leads('?stage=lead')
    const name = await whoIs(0)
    await press('j', 'r')
    const dialog = page.getByRole('dialog')
    await expect.poll(() => page.evaluate(() => (document.activeElement as HTMLInputElement).value)).toBe('not_now')
    await press('Enter')
    await dialog.getByText('Choose a reason').waitFor()
    await press('Space', 'Enter')
    await page.getByText(`${name} is rejected.`).waitFor()
    await page.goto(url + '/leads?stage=recycled')
    await page.getByRole('link', { name }).first().waitFor()
  }, 60_000)

  test('what was typed stays when somebody was faster', async () => {
    await leads('?stage=lead')
    const name = await whoIs(0)
    const id = await idOf(0)
    await press('j', 'r')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('No budget').check()
    await dialog.getByLabel('Note').fill('they told me so')
    expect(await post(`/leads/${id}/accept`, {})).toBe(200)
    await dialog.getByRole('button', { name: 'Reject' }).click()
    await dialog.getByText('What you typed is still here').waitFor()
    expect(await dialog.getByLabel('Note').inputValue()).toBe('they told me so')
    await dialog.getByRole('button', { name: 'Reject' }).click()
    await page.getByText(`${name} is rejected.`).waitFor()
    await page.goto(url + '/contacts/' + id)
    const history = page.getByRole('region', { name: 'What sales decided' })
    await history.getByText('“they told me so”').waitFor()
    expect(await history.locator('li').first().innerText()).toMatch(/^Became Recycled/)
  }, 60_000)

  test('of an opportunity that somebody else changed meanwhile both are there', async () => {
    const id = await page.evaluate(async () => {
      const body = JSON.stringify({ name: 'Two at once', account: 'two-at-once.com', amount: '9000', owner: 'Kim' })
      const made = await fetch('/api/v1/opportunities', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
      return ((await made.json()) as { id: string }).id
    })
    await page.goto(`${url}/opportunities/${id}`)
    await page.getByRole('button', { name: 'Change…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Amount').fill('12000')
    await dialog.getByLabel('Product').fill('Suite')
    expect(await patch(`/opportunities/${id}`, { amount: '9500', owner: 'Lee' })).toBe(200)
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByText('Somebody changed it meanwhile. It says now:').waitFor()
    await dialog.getByText('Amount: 9500').waitFor()
    expect([await dialog.getByLabel('Amount').inputValue(), await dialog.getByLabel('Product').inputValue()]).toEqual(['12000', 'Suite'])
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByText(/Owner: Lee · Suite/).waitFor() // what was not changed here stays as the other made it
    await page.getByText(/\$12,000/).first().waitFor()

    await page.getByRole('button', { name: 'Close as lost…' }).click()
    await dialog.getByLabel('Why was it lost?').fill('no budget')
    expect(await patch(`/opportunities/${id}`, { stage: 'Negotiation' })).toBe(200)
    await dialog.getByRole('button', { name: 'Close as lost' }).click()
    await dialog.getByText('Open · Negotiation · $12,000').waitFor()
    expect(await dialog.getByLabel('Why was it lost?').inputValue()).toBe('no budget')
    await dialog.getByRole('button', { name: 'Close as lost' }).click()
    await page.getByText('Two at once is lost.').waitFor()
  }, 60_000)

  test('several leads get an owner at once, and one is qualified on its page', async () => {
    await leads('?stage=lead')
    const id = await idOf(0)
    await press('j', 'x', 'j', 'x', 's')
    await page.getByRole('dialog').getByLabel('Owner').fill('Kim')
    await press('Enter')
    await page.getByText('2 people belong to Kim now.').waitFor()
    await page.goto(url + '/contacts/' + id)
    await page.getByRole('group', { name: /^Actions for/ }).getByRole('button', { name: 'Accept' }).waitFor()
    await press('a')
    await page.getByText('is accepted.').waitFor()
    await page.getByRole('button', { name: /^Qualify/ }).waitFor()
    await press('q')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Budget').fill('50k')
    for (const field of ['Authority', 'Need', 'Timeline']) await dialog.getByLabel(field).fill('yes')
    await dialog.getByLabel('Timeline').press('Control+Enter')
    await page.getByText('is an SQL.').waitFor()
    await page.getByText('Budget: 50k').waitFor()
    await page.getByRole('region', { name: 'What they asked' }).waitFor()
  }, 60_000)

  test('an opportunity is made, moved by key, by mouse and by menu, and closed', async () => {
    await page.goto(url + '/opportunities')
    await page.locator('.board section').first().waitFor()
    await page.getByRole('button', { name: 'New opportunity' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('Pilot for E2E')
    await dialog.getByLabel('Company').fill('e2e.example')
    await dialog.getByLabel(/^Amount/).fill('99999999')
    await press('Enter')
    await page.waitForURL(/\/opportunities\/opp_/)
    await page.getByRole('heading', { level: 1, name: /Pilot for E2E: open/ }).waitFor()
    await page.goto(url + '/opportunities')
    const card = page.locator('.board li', { hasText: 'Pilot for E2E' })
    const column = async () => (await card.evaluate((el) => (el.closest('section') as HTMLElement).dataset.stage))!
    await card.waitFor()
    const stages = await page.locator('.board section').evaluateAll((all) => all.map((s) => (s as HTMLElement).dataset.stage!))
    expect(stages.length).toBeGreaterThan(2)
    await card.getByRole('link').focus()
    await press(']')
    await expect.poll(column).toBe(stages[1])
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe('Pilot for E2E')
    await card.scrollIntoViewIfNeeded()
    const from = (await card.boundingBox())!
    const to = (await page.locator('.board section').nth(2).boundingBox())!
    await page.mouse.move(from.x + 20, from.y + from.height - 8)
    await page.mouse.down()
    await page.mouse.move(from.x + 60, from.y + 20, { steps: 4 })
    await page.mouse.move(to.x + 40, from.y + 20, { steps: 8 })
    await page.mouse.up()
    await expect.poll(column).toBe(stages[2])
    expect(page.url()).toBe(url + '/opportunities')
    await card.getByRole('button', { name: /^Actions for/ }).click()
    await page.getByRole('menuitem', { name: stages[0]!, exact: true }).click()
    await expect.poll(column).toBe(stages[0])
    await card.getByRole('link').click()
    await page.waitForURL(/\/opportunities\/opp_/)
    await expect.poll(() => page.getByRole('region', { name: 'Stages' }).locator('li').count()).toBe(4)
    await page.getByRole('button', { name: 'Close as won' }).click()
    await page.getByLabel('Why was it won?').fill('They knew us.')
    await page.getByRole('dialog').getByRole('button', { name: 'Close as won' }).click()
    await page.getByRole('heading', { level: 1, name: /Pilot for E2E: won/ }).waitFor()
    await page.getByRole('button', { name: 'Open again' }).click()
    await page.getByRole('heading', { level: 1, name: /Pilot for E2E: open/ }).waitFor()
  }, 90_000)

  test('nothing was complained of', () => expect(place.complaints).toEqual([]))
})
