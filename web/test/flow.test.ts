// The app in a real browser against a real server: what a person does in the first ten minutes, and that the content security policy, the
// session and axe have nothing to say. Needs Go and Chromium; says so and is left out without them.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const browserPath = [process.env.MILLRACE_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find((p) => p && existsSync(p))
const hasGo = (() => {
  try {
    return execFileSync('go', ['version']).length > 0
  } catch {
    return false
  }
})()
const able = !!browserPath && hasGo && existsSync('../internal/web/dist/index.html')
if (!able) console.log('left out: the app in a browser (it needs Go, Chromium and make build)')

describe.skipIf(!able)('in a browser', () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-web-'))
  const complaints: string[] = []
  let server: ChildProcess
  let url = ''
  let key = ''
  let browser: BrowserContext
  let page: Page

  beforeAll(async () => {
    const binary = join(dir, 'millrace')
    execFileSync('go', ['build', '-o', binary, './cmd/millrace'], { cwd: '..', stdio: 'inherit' })
    server = spawn(binary, ['serve', '--demo', '--accounts', '60', '--addr', '127.0.0.1:0'], { env: { ...process.env, MILLRACE_DB: join(dir, 'test.db') } })
    ;[key, url] = await new Promise<[string, string]>((resolve, reject) => {
      let text = ''
      const read = (chunk: Buffer) => {
        text += chunk.toString()
        const at = /serves on (http:\/\/[\d.:]+)/.exec(text)
        const secret = /mr_sk_\w+/.exec(text)
        if (at?.[1] && secret) resolve([secret[0], at[1]])
      }
      server.stdout?.on('data', read)
      server.stderr?.on('data', read)
      server.on('exit', () => reject(new Error(text)))
    })
    browser = await chromium.launchPersistentContext(join(dir, 'profile'), {
      executablePath: browserPath!,
      viewport: { width: 1280, height: 900 },
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    })
    page = browser.pages()[0] ?? (await browser.newPage())
    page.setDefaultTimeout(15_000)
    // Being sent to sign in begins with an answer of 401, which browsers log.
    page.on('console', (m) => ['error', 'warning'].includes(m.type()) && !m.text().includes('401') && complaints.push(`${page.url()} ${m.text()}`))
    page.on('pageerror', (e) => complaints.push(`${page.url()} ${e.message}`))
  }, 240_000)

  afterAll(async () => {
    await browser?.close()
    server?.kill()
    rmSync(dir, { recursive: true, force: true })
  }, 30_000)

  const heading = () => page.getByRole('heading', { level: 1 })
  const row = (n: number) => page.locator('tbody tr').nth(n)

  test('whoever is not signed in signs in and comes back', async () => {
    await page.goto(url + '/leads?grade=A')
    await page.waitForURL(/\/sign-in\?next=/)
    await page.getByLabel('Secret key').fill('mr_sk_wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('This key is unknown or revoked.').waitFor()
    await page.getByLabel('Secret key').fill(key)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(/\/leads\?grade=A$/)
    await page.getByRole('button', { name: /^Why\?/ }).first().waitFor()
    expect(await page.evaluate(() => document.cookie)).toBe('')
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
    expect(await heading().innerText()).toMatch(/points\.$/)
  }, 60_000)

  test('a file is judged, imported and undone', async () => {
    const file = join(dir, 'people.csv')
    writeFileSync(file, 'Email,First Name,Last Name,Company,Amount Of Luck\neva@newcomer.example,Eva,New,Newcomer,7\nnonsense,,,,\n')
    await page.goto(url + '/data/imports')
    await page.getByLabel('What is in it').selectOption('contacts')
    await page.locator('input[type=file]').setInputFiles(file)
    await page.getByText(/rows? can be imported/).waitFor()
    expect(await page.getByText('people.csv').count()).toBe(0) // nothing was recorded
    await page.getByRole('button', { name: /^Import \d/ }).click()
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
    for (const path of ['/', '/accounts', '/leads', '/contacts', '/opportunities', '/playbook', '/data/imports', '/data/events', '/data/drops', '/settings', '/nowhere']) {
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
    await page.getByRole('button', { name: 'Menu' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.waitForURL(/\/sign-in/)
    await page.goto(url + '/settings')
    await page.waitForURL(/\/sign-in\?next=/)
  }, 60_000)

  test('the browser complained of nothing', () => expect(complaints).toEqual([]))
})
