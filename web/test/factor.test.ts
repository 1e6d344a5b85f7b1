// The second factor in a real browser: turning it on, signing in with a code, with a recovery code, with what is wrong or was used, a session that ends
// in the middle of work, and who lost their device.
import { createHmac } from 'node:crypto'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { able, Place } from './server'

const password = 'correct horse battery'

/** The code of a time step, after RFC 4226 and 6238, written from the RFCs: the server's comes from a library. */
function codeOf(secret: string, step: number): string {
  const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g)!.map((b) => parseInt(b, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', key).update(counter).digest()
  return String((mac.readUInt32BE(mac[19]! & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
const stepNow = () => Math.floor(Date.now() / 30_000)

describe.skipIf(!able)('the second factor', () => {
  const place = new Place()
  let page: Page
  let secret = ''
  let confirmed = 0
  let recovery: string[] = []

  beforeAll(async () => {
    place.build()
    page = await place.founded((text) => /status of (401|409|422)/.test(text))
  }, 240_000)
  afterAll(() => place.stop(), 60_000)

  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' })
  const secretField = (name: string) => page.getByRole('textbox', { name, exact: true })
  const code = () => page.getByLabel('Code', { exact: true })
  const signOut = async () => {
    await button(/^Menu/).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.waitForURL(/\/sign-in/)
  }
  const first = async () => {
    await page.getByLabel('E-mail').fill('ann@acme.com')
    await secretField('Password').fill(password)
    await button('Sign in').click()
    await page.getByRole('heading', { name: 'Enter a code to sign in.' }).waitFor()
  }
  const turnOn = async () => {
    await page.goto(place.url + '/account')
    await button('Turn on').click()
    await secretField('Your password').fill(password)
    await button('Go on').click()
    await page.getByRole('img', { name: 'QR code with the secret' }).waitFor()
    secret = (await page.getByRole('form', { name: 'Turn on' }).locator('code').innerText()).replaceAll(' ', '')
  }
  const confirm = async () => {
    confirmed = stepNow()
    await code().fill(codeOf(secret, confirmed))
    await button('Confirm and turn on').click()
    const box = page.getByRole('status').filter({ hasText: 'Keep these recovery codes' })
    recovery = (await box.locator('pre').innerText()).trim().split('\n')
  }

  test('it is turned on with the password and a code, and gives recovery codes', async () => {
    await page.goto(place.url + '/account')
    await page.getByText('Off. With it,').waitFor()
    await button('Turn on').click()
    await secretField('Your password').fill('wrong')
    await button('Go on').click()
    await page.getByText('this is not your present password').waitFor()
    await button('Cancel').click()
    await turnOn()
    expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    expect(await page.locator('svg.qr path').getAttribute('d')).toMatch(/^M0 0h7v1h-7z/)
    await code().fill(codeOf(secret, stepNow() + 5))
    await button('Confirm and turn on').click()
    await page.getByText('this is not the code that the app shows now').waitFor()
    await confirm()
    expect(new Set(recovery).size).toBe(10)
    expect(recovery[0]).toMatch(/^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/)
    await page.getByText('10 recovery codes left.').waitFor()
    await button('I have kept them').click()
    await page.reload() // the session goes on, and the codes are not shown again
    await page.getByText('10 recovery codes left.').waitFor()
    expect(await page.getByText(recovery[0]!).count()).toBe(0)
  }, 90_000)

  test('signing in takes a code then, each once', async () => {
    await signOut()
    await first()
    await code().fill(codeOf(secret, stepNow() + 5))
    await button('Sign in').click()
    await page.getByText('this code is not right').waitFor()
    await code().fill(codeOf(secret, confirmed))
    await button('Sign in').click()
    await page.getByText('this code was used already').waitFor()
    expect(await page.evaluate(async () => (await fetch('/api/v1/session')).status)).toBe(401)
    await code().fill(codeOf(secret, confirmed + 1)) // of a clock that is a little ahead
    await button('Sign in').click()
    await button('Menu: Ann').waitFor()
  }, 90_000)

  test('a recovery code takes its place, once', async () => {
    await page.goto(place.url + '/account')
    await signOut()
    await first()
    await button('Use a recovery code').click()
    await page.getByLabel('Recovery code', { exact: true }).fill(recovery[0]!.toUpperCase())
    await button('Sign in').click()
    await button('Menu: Ann').waitFor()
    await page.goto(place.url + '/account')
    await page.getByText('9 recovery codes left.').waitFor()
    await signOut()
    await first()
    await button('Use a recovery code').click()
    await page.getByLabel('Recovery code', { exact: true }).fill(recovery[0]!)
    await button('Sign in').click()
    await page.getByText('a recovery code that was used already').waitFor()
    await button('Sign in as somebody else').click()
    await page.getByRole('heading', { name: 'Sign in to Millrace.' }).waitFor()
    expect(await secretField('Password').inputValue()).toBe('')
    await first()
    await button('Use a recovery code').click()
    await page.getByLabel('Recovery code', { exact: true }).fill(recovery[1]!)
    await button('Sign in').click()
    await button('Menu: Ann').waitFor()
  }, 90_000)

  test('a session that ends in the middle of work asks for both, and nothing typed is lost', async () => {
    await page.goto(place.url + '/settings/people')
    await page.getByLabel('E-mail').fill('bo@acme.com')
    await page.context().clearCookies()
    await button('Invite').click()
    const dialog = page.getByRole('dialog', { name: 'Your session has ended' })
    await secretField('Password').fill(password)
    await dialog.getByRole('button', { name: 'Sign in' }).click()
    await code().fill('000000')
    await dialog.getByRole('button', { name: 'Sign in' }).click()
    await dialog.getByText('this code is not right').waitFor()
    await dialog.getByRole('button', { name: 'Use a recovery code' }).click()
    await expect.poll(() => dialog.getByText('this code is not right').count()).toBe(0) // it was about the other kind
    await page.getByLabel('Recovery code', { exact: true }).fill(recovery[2]!)
    await dialog.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Give this link to bo@acme.com').waitFor()
  }, 90_000)

  test('new recovery codes and turning it off take the password and a code', async () => {
    await page.goto(place.url + '/account')
    await button('New recovery codes').click()
    const dialog = page.getByRole('dialog')
    await secretField('Your password').fill(password)
    await dialog.getByLabel('Code', { exact: true }).fill('000000')
    await dialog.getByRole('button', { name: 'New recovery codes' }).click()
    await dialog.getByText('this code is not right').waitFor()
    await dialog.getByRole('button', { name: 'Use a recovery code' }).click()
    await page.getByLabel('Recovery code', { exact: true }).fill(recovery[3]!)
    await dialog.getByRole('button', { name: 'New recovery codes' }).click()
    const box = page.getByRole('status').filter({ hasText: 'Keep these recovery codes' })
    const fresh = (await box.locator('pre').innerText()).trim().split('\n')
    expect(fresh).toHaveLength(10)
    expect(recovery).not.toContain(fresh[0])
    await page.getByText('10 recovery codes left.').waitFor()
    await button('Turn off').click()
    await secretField('Your password').fill('wrong')
    await dialog.getByRole('button', { name: 'Use a recovery code' }).click()
    await page.getByLabel('Recovery code', { exact: true }).fill(fresh[0]!)
    await dialog.getByRole('button', { name: 'Turn off' }).click()
    await dialog.getByText('this is not your present password').waitFor()
    await secretField('Your password').fill(password)
    await dialog.getByRole('button', { name: 'Turn off' }).click()
    await page.getByText('Your second factor is off.').waitFor()
    await page.getByText('Off. With it,').waitFor()
    await signOut()
    await page.getByLabel('E-mail').fill('ann@acme.com')
    await secretField('Password').fill(password)
    await button('Sign in').click()
    await button('Menu: Ann').waitFor()
  }, 90_000)

  test('who lost their device is let in again by an admin; a link to a new password is no way around', async () => {
    await turnOn()
    await confirm()
    const link = /http\S+/.exec(place.run(['user', 'reset', 'ann@acme.com', '--public-url', place.url]))![0]
    await page.goto(link)
    await secretField('New password').fill(password)
    await button('Change the password').click()
    await page.getByRole('link', { name: 'Sign in' }).click()
    await first() // the code is asked for
    place.run(['user', 'reset-second-factor', 'ann@acme.com']) // and while they wait, an admin helps
    await code().fill(codeOf(secret, confirmed + 1))
    await button('Sign in').click()
    await page.getByText('signing in took too long').waitFor()
    await page.getByLabel('E-mail').fill('ann@acme.com')
    await secretField('Password').fill(password)
    await button('Sign in').click()
    await button('Menu: Ann').waitFor()
    await turnOn()
    await confirm()
    // As another admin, on the page.
    place.run(['user', 'add', 'mia@acme.com', '--role', 'admin', '--name', 'Mia'], password + '\n')
    await signOut()
    await page.getByLabel('E-mail').fill('mia@acme.com')
    await secretField('Password').fill(password)
    await button('Sign in').click()
    await button('Menu: Mia').waitFor()
    await page.goto(place.url + '/settings/people')
    await page.getByRole('row', { name: /Ann.*ann@acme\.com.*On/ }).waitFor()
    await button('Actions for Ann').click()
    await page.getByRole('menuitem', { name: 'Reset the second factor' }).click()
    await page.getByRole('dialog').getByText('Be sure that it is they who ask').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Reset the second factor' }).click()
    await page.getByText('The second factor of Ann is reset.').waitFor()
    await expect.poll(() => page.getByRole('row', { name: /Ann.*ann@acme\.com.*Off/ }).count()).toBe(1)
    await page.goto(place.url + '/settings/access-log')
    await page.getByRole('row', { name: /Mia.*Reset a second factor.*ann@acme\.com/ }).waitFor()
    await page.getByRole('row', { name: /Ann.*Turned the second factor on/ }).first().waitFor()
  }, 90_000)

  test('demanded of everybody, it is set up before anything else opens', async () => {
    await page.goto(place.url + '/settings/people')
    await page.getByText('Turn your own on first, under').waitFor()
    expect(await button('Demand it of everybody').isDisabled()).toBe(true)
    await turnOn() // Mia's
    await confirm()
    place.run(['user', 'add', 'kim@acme.com', '--role', 'viewer', '--name', 'Kim'], password + '\n')
    const kim = await place.browse((text) => /status of 40[13]/.test(text))
    await kim.goto(place.url + '/accounts')
    await kim.getByLabel('E-mail').fill('kim@acme.com')
    await kim.getByRole('textbox', { name: 'Password', exact: true }).fill(password)
    await kim.getByRole('button', { name: 'Sign in', exact: true }).click()
    await kim.getByRole('button', { name: 'Menu: Kim' }).waitFor()

    await page.goto(place.url + '/settings/people')
    await button('Demand it of everybody').click()
    await page.getByRole('dialog').getByText('2 people who have none').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Demand it of everybody' }).click()
    await page.getByText('2 people have none yet').waitFor()
    await page.getByRole('row', { name: /Kim.*kim@acme\.com.*None yet/ }).waitFor()

    // Who is in the middle of work is led there by the next thing they ask for, and goes on where they were.
    await kim.getByRole('link', { name: 'Leads', exact: true }).click()
    await kim.getByRole('heading', { name: 'Set up your second factor.' }).waitFor()
    expect(await kim.getByRole('navigation').count()).toBe(0)
    await kim.goto(place.url + '/contacts')
    await kim.getByRole('heading', { name: 'Set up your second factor.' }).waitFor()
    expect(await kim.evaluate(async () => (await fetch('/api/v1/contacts')).status)).toBe(403)
    await kim.getByRole('textbox', { name: 'Your password', exact: true }).fill(password)
    await kim.getByRole('button', { name: 'Go on' }).click()
    await kim.getByRole('img', { name: 'QR code with the secret' }).waitFor()
    const hers = (await kim.getByRole('form', { name: 'Turn on' }).locator('code').innerText()).replaceAll(' ', '')
    await kim.getByLabel('Code', { exact: true }).fill(codeOf(hers, stepNow()))
    await kim.getByRole('button', { name: 'Confirm and turn on' }).click()
    await kim.getByText('Keep these recovery codes').waitFor()
    await kim.evaluate(() => document.dispatchEvent(new Event('visibilitychange'))) // the codes stay, though the session is free now
    await kim.getByText('Keep these recovery codes').waitFor()
    await kim.getByRole('button', { name: 'I have kept them' }).click()
    await kim.getByRole('button', { name: 'Menu: Kim' }).waitFor()
    expect(new URL(kim.url()).pathname).toBe('/contacts')

    await page.reload()
    await page.getByText('1 person has none yet').waitFor() // Ann, whose was reset
    await button('Let everybody choose').click()
    await page.getByRole('dialog').getByRole('button', { name: 'Let everybody choose' }).click()
    await page.getByText('Everybody chooses whether signing in takes a code').waitFor()
    await page.goto(place.url + '/settings/access-log')
    await page.getByRole('row', { name: /Mia.*Demanded a second factor of everybody/ }).waitFor()
  }, 90_000)

  test('the browser complained of nothing else', () => expect(place.complaints).toEqual([]))
})
