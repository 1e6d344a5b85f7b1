// Bad input on the measurement's pages, in a real browser against a real server: spend in a currency without a rate, a credit, a campaign that was
// renamed, a deal without touches, a touch after the close, a deal that is there twice. Each has its sentence, and nothing is NaN.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { able, Place } from './server'

const files: Record<string, string> = {
  accounts: `Record ID,Company name,Company Domain Name
x1,Wrong One,wrong-one.example
x2,Wrong Two,wrong-two.example
x3,Wrong Three,wrong-three.example
`,
  opportunities: `Deal ID,Deal Name,Account,Amount,Currency,Stage,Create Date,Close Date
x1,Touched,Wrong One,40000,USD,Closed Won,2021-04-20,2021-05-20
x2,Untouched,Wrong Two,25000,USD,Closed Won,2021-04-21,2021-05-25
x3,Twice,Wrong Three,10000,USD,Proposal,2021-04-22,
x4,Twice,Wrong Three,10000,USD,Proposal,2021-04-22,
`,
  spend: `date,channel,campaign,cost,currency
2021-04-05,Google search,spring-sale,1000,USD
2021-05-05,Google search,spring-sale-2021,800,USD
2021-05-06,LinkedIn ads,,5000,NOK
2021-05-07,LinkedIn ads,,300,USD
2021-06-07,LinkedIn ads,,-120,USD
`,
  events: `message_id,type,user_id,email,timestamp,received_at,url,context
${[['v1', '2021-04-10', 'utm_source=google&utm_medium=cpc&utm_campaign=spring-sale'], ['v2', '2021-06-02', 'utm_source=newsletter&utm_medium=email&utm_campaign=onboarding']]
  .map(([id, at, tags]) => `${id},page,ann@wrong-one.example,ann@wrong-one.example,${at}T10:00:00Z,${at}T10:00:00Z,https://www.acme.com/pricing,"{""page"":{""url"":""https://www.acme.com/pricing?${tags}""}}"`)
  .join('\n')}
`,
}

describe.skipIf(!able)('bad input in a browser', () => {
  const place = new Place()
  let url = ''
  let page: Page

  beforeAll(async () => {
    place.build()
    for (const [entity, text] of Object.entries(files)) {
      const file = join(place.dir, entity + '.csv')
      writeFileSync(file, text)
      place.run(['import', entity, file])
    }
    page = await place.founded((text) => text.includes('401'))
    url = place.url
  }, 300_000)

  afterAll(() => place.stop(), 30_000)

  /** A page of the quarter, without what no page may say. */
  const read = async (name: string, search = '') => {
    await page.goto(`${url}/measure/${name}?period=custom&from=2021-04-01&to=2021-06-30${search}`)
    await page.waitForFunction(() => !document.querySelector('.mantine-Skeleton-root') && !!document.querySelector('h1')?.textContent?.trim())
    const text = await page.locator('#main').innerText()
    expect(text).not.toMatch(/NaN|undefined|Infinity|null/)
    return text.replaceAll('\u00a0', ' ')
  }
  const opened = async (figure: string) => {
    await page.locator(figure).first().click()
    const drawer = page.getByRole('dialog')
    await drawer.locator('.hint, .behind').first().waitFor()
    const text = await drawer.innerText()
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'hidden' })
    expect(text).not.toMatch(/NaN|undefined|Infinity|null/)
    return text.replaceAll('\u00a0', ' ')
  }

  test('money without an exchange rate stands beside the sum, and the figure says that it is left out', async () => {
    expect(await read('channels')).toContain('+ NOK 5,000')
    expect(await opened('[data-figure="cac"]')).toContain('1 in a currency without an exchange rate (NOK 5,000)')
  }, 60_000)

  test('a credit is subtracted, and the figure says so', async () => {
    expect(await read('channels')).toContain('$1,980')
    expect(await opened('[data-figure="cac"]')).toContain('Refunds or credits were subtracted.')
  }, 60_000)

  test('of a campaign that was renamed, the name that no tag has is told', async () => {
    const text = await read('channels')
    expect(text).toContain('spring-sale-2021 cost $800 (0 clicks), and nobody arrived with its tags.')
    expect(text).not.toContain('spring-sale cost')
  }, 60_000)

  test('a deal without touches keeps its money on a row of its own; a touch after the close is counted and credited nowhere', async () => {
    const text = await read('attribution')
    expect(text).toContain('Every column adds up to $65,000.')
    expect(text).toContain('Touches after the moment: 1')
    expect(text).toContain('Deals without any touch (their credit stands on “No touch”): 3')
    expect(text).toContain('Google search is given 61.5% of it by every model.')
    const row = page.getByRole('row').filter({ has: page.getByText('No touch', { exact: true }) })
    expect((await row.first().innerText()).match(/\$25,000/g)!.length).toBeGreaterThan(5)
    expect(text).not.toContain('newsletter')
  }, 60_000)

  test('a deal that is there twice is told where it is listed', async () => {
    await read('sales')
    expect((await opened('[data-drill="pipeline/new"]')).match(/probably there twice/g)).toHaveLength(2)
  }, 60_000)

  test('the browser complained of nothing', () => expect(place.complaints).toEqual([]))
})
