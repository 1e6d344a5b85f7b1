// Opens every page of a running server as a person would: photographs at three widths in light and dark, axe on each, and everything the
// browser complains of. Exits 1 when axe or the console found something.
//   MILLRACE_URL=http://localhost:8080 MILLRACE_EMAIL=… MILLRACE_PASSWORD=… node test/look.mjs OUT_DIR [page …]
// Where the server was started with --demo, MILLRACE_LINK, the link that it printed, does in place of the two.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const { MILLRACE_URL: url = 'http://localhost:8080', MILLRACE_EMAIL: email = '', MILLRACE_PASSWORD: password = '', MILLRACE_LINK: link, MILLRACE_CHROMIUM: executablePath = '/usr/bin/chromium' } = process.env
const [out = 'look', ...only] = process.argv.slice(2)
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
mkdirSync(out, { recursive: true })

const profile = mkdtempSync(join(tmpdir(), 'millrace-look-'))
const browser = await chromium.launchPersistentContext(profile, {
  executablePath,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
})
const page = browser.pages()[0] ?? (await browser.newPage())
const complaints = []
// A page about what does not exist asks for it once, which browsers log.
const expected = (text) => (page.url().endsWith('/accounts/acc_999999999') && text.includes('404')) || text.includes('status of 401')
page.on('console', (m) => ['error', 'warning'].includes(m.type()) && !expected(m.text()) && complaints.push(`${page.url()} ${m.text()}`))
page.on('pageerror', (e) => complaints.push(`${page.url()} ${e}`))

const settled = async () => {
  await page.waitForLoadState('networkidle').catch(() => {})
  await page.waitForFunction(() => !document.querySelector('.mantine-Skeleton-root'), null, { timeout: 10_000 }).catch(() => complaints.push(`${page.url()} still loading`))
  await page.waitForTimeout(250)
}

let found = 0
async function look(name, go) {
  if (only.length && !only.includes(name)) return
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
    for (const width of [390, 1024, 1600]) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 })
      await go()
      await settled()
      await page.screenshot({ path: join(out, `${name}-${width}-${scheme}.png`) })
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      if (wide > 0) complaints.push(`${name} at ${width}: ${wide} px too wide`)
      if (width === 1024) continue
      // Through the debugger's own world: the page's policy forbids added scripts, and must.
      await page.evaluate(axe)
      const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }))
      for (const v of violations) {
        found++
        console.log(`axe ${name} ${width} ${scheme}: ${v.id} (${v.impact}) ${v.help}`)
        for (const n of v.nodes.slice(0, 3)) console.log(`    ${n.html.slice(0, 160)}\n    ${n.failureSummary?.split('\n').slice(1, 2).join(' ').trim()}`)
      }
    }
  }
}

const open = (path) => () => page.goto(url + path)
await look('sign-in', open('/sign-in'))
await look('forgot', open('/forgot'))
await look('set-up', open('/set-up'))
await look('link-over', open('/invitation#token=over'))
if (link) await page.goto(link)
else {
  await page.goto(url + '/sign-in')
  await page.getByLabel('E-mail').fill(email)
  await page.getByRole('textbox', { name: 'Password' }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}
await page.getByRole('navigation', { name: 'Main' }).or(page.getByRole('button', { name: /^Menu/ })).first().waitFor()
await page.getByRole('heading', { level: 1 }).waitFor()
await settled()

const first = async (list) => (await page.evaluate(async (l) => (await fetch('/api/v1/' + l + '?limit=1')).json(), list)).data?.[0]
const account = await first('accounts'), person = await first('leads')
const pages = {
  overview: '/', accounts: '/accounts', leads: '/leads', contacts: '/contacts', opportunities: '/opportunities', executive: '/dashboards/executive?compare=previous', 'content-view': '/dashboards/content', 'sales-view': '/dashboards/sales', abm: '/dashboards/abm', funnel: '/measure/funnel', channels: '/measure/channels', attribution: '/measure/attribution', sales: '/measure/sales', plan: '/measure/plan', review: '/measure/review', reports: '/reports', audit: '/audit', playbook: '/playbook',
  imports: '/data/imports', events: '/data/events', drops: '/data/drops', settings: '/settings', people: '/settings/people', 'access-log': '/settings/access-log', docs: '/docs', 'docs-page': '/docs/access#mail', 'docs-found': '/docs?q=half-life', 'own-account': '/account', lost: '/nowhere', 'no-match': '/leads?q=nobodyatall', 'no-account': '/accounts/acc_999999999',
}
if (account) pages.account = '/accounts/' + account.id
if (person) pages.contact = '/contacts/' + person.id
if (person) pages.why = '/leads?why=' + person.id
for (const [name, path] of Object.entries(pages)) await look(name, open(path))

await browser.close()
rmSync(profile, { recursive: true, force: true })
for (const c of complaints) console.log('complaint: ' + c)
process.exit(found || complaints.length ? 1 : 0)
