// A real server and a real browser for the tests that need them: Go and Chromium, and the web app in internal/web.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'

const browserPath = [process.env.MILLRACE_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find((p) => p && existsSync(p))
const hasGo = (() => {
  try {
    return execFileSync('go', ['version']).length > 0
  } catch {
    return false
  }
})()
export const able = !!browserPath && hasGo && existsSync('../internal/web/dist/index.html')
if (!able) console.log('left out: the app in a browser (it needs Go, Chromium and make build)')

/** A database of its own, the server on it, and browsers; all of it goes with stop. */
export class Place {
  readonly dir = mkdtempSync(join(tmpdir(), 'millrace-web-'))
  readonly complaints: string[] = []
  url = ''
  private said = ''
  private server: ChildProcess | undefined
  private browsers: BrowserContext[] = []
  private env = { ...process.env, MILLRACE_DB: join(this.dir, 'test.db') }

  build() {
    execFileSync('go', ['build', '-o', join(this.dir, 'millrace'), './cmd/millrace'], { cwd: '..', stdio: 'inherit' })
  }

  /** Runs a command; gives what it printed. */
  run(args: string[], input = ''): string {
    return execFileSync(join(this.dir, 'millrace'), args, { env: this.env, input, encoding: 'utf8' })
  }

  /** Starts the server and waits until it has printed what is looked for, whose first group this gives. */
  async serve(args: string[], lookFor: RegExp): Promise<string> {
    const addr = this.url ? new URL(this.url).host : '127.0.0.1:0' // again where it was
    this.said = ''
    const server = spawn(join(this.dir, 'millrace'), ['serve', '--addr', addr, ...args], { env: this.env })
    this.server = server
    return new Promise((resolve, reject) => {
      const read = (chunk: Buffer) => {
        this.said += chunk.toString()
        const at = /serves on (http:\/\/[\d.:]+)/.exec(this.said)?.[1]
        const found = lookFor.exec(this.said)?.[1]
        if (at && found) {
          this.url = at
          resolve(found)
        }
      }
      server.stdout?.on('data', read)
      server.stderr?.on('data', read)
      server.on('exit', () => reject(new Error(this.said)))
    })
  }

  /** Ends the server and waits until it is gone. */
  async down() {
    const server = this.server
    if (!server || server.exitCode !== null) return
    const gone = new Promise((resolve) => server.once('exit', resolve))
    server.kill()
    await gone
  }

  /** A browser with a profile of its own. What it complains of is kept, except what expected takes for expected. */
  async browse(expected: (text: string) => boolean): Promise<Page> {
    const browser = await chromium.launchPersistentContext(join(this.dir, `profile-${this.browsers.length}`), {
      executablePath: browserPath!,
      viewport: { width: 1280, height: 900 },
      reducedMotion: 'reduce', // a menu that is still fading in has not its contrast yet
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    })
    this.browsers.push(browser)
    browser.setDefaultTimeout(15_000)
    browser.on('console', (m) => ['error', 'warning'].includes(m.type()) && !expected(m.text()) && this.complaints.push(`${m.page()?.url()} ${m.text()}`))
    browser.on('weberror', (e) => this.complaints.push(`${e.page()?.url()} ${e.error().message}`))
    return browser.pages()[0] ?? (await browser.newPage())
  }

  /** Serves a workspace without people, and a browser in which its first admin has just signed in. */
  async founded(expected: (text: string) => boolean, name = 'Ann', password = 'correct horse battery'): Promise<Page> {
    const link = await this.serve([], /first admin: (\S+)\n/)
    const page = await this.browse(expected)
    await page.goto(link)
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('E-mail').fill('ann@acme.com')
    await page.getByRole('textbox', { name: 'Password', exact: true }).fill(password)
    await page.getByRole('button', { name: 'Set up and sign in', exact: true }).click()
    await page.waitForURL(this.url + '/')
    return page
  }

  async stop() {
    for (const b of this.browsers) await b.close()
    await this.down()
    rmSync(this.dir, { recursive: true, force: true })
  }
}
