// Opens every page of a running server as a person would: photographs at three widths in light and dark, axe on each, and everything the
// browser complains of; the pages that are made to be printed also as PDF and as a picture of the print. Exits 1 when axe or the console found
// something. It uploads a file and publishes a report where none is there, for these have pages too: run it on a server that is for looking.
//   MILLRACE_URL=http://localhost:8080 MILLRACE_EMAIL=… MILLRACE_PASSWORD=… node test/look.mjs OUT_DIR [page …]
// Where the server was started with --demo, MILLRACE_LINK, the link that it printed, does in place of the two.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { doors, pages, printed } from './pages.mjs'

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
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  await go()
  for (const width of [390, 1024, 1600]) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 })
    await settled()
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme })
      await page.waitForFunction((s) => document.documentElement.dataset.mantineColorScheme === s, scheme)
      await page.screenshot({ path: join(out, `${name}-${width}-${scheme}.png`), fullPage: true })
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
for (const [name, path] of Object.entries(doors)) await look(name, open(path))
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

// Called from the page, for its cookie and its address.
const call = (path, body, type = 'application/json') =>
  page.evaluate(async ([path, body, type]) => (await fetch('/api/v1/' + path, body === undefined ? {} : { method: 'POST', headers: { 'Content-Type': type }, body })).json(), [path, body, type])
const idOf = async (list) => (await call(list)).data?.[0]?.id
const ids = {
  account: await idOf('accounts?limit=1'), person: await idOf('leads?limit=1'),
  opportunity: await idOf('opportunities?status=open&limit=1'), won: await idOf('opportunities?status=won&limit=1'),
  report: (await idOf('reports')) ?? (await call('reports', JSON.stringify({ kind: 'economics', title: 'First look', note: 'As the board saw it', query: {} }))).id,
  upload: (await call('imports/uploads?file=contacts.csv', 'Name,Work mail,Firm,Renewal\nAnn Lee,ann@initech.example,Initech,2026-05-01\nBo Chen,bo@globex.example,Globex,\n', 'text/csv')).id,
}
const all = pages(ids)
for (const [name, path] of Object.entries(all)) await look(name, open(path))

for (const name of printed) {
  if ((only.length && !only.includes(name)) || !all[name]) continue
  await page.emulateMedia({ colorScheme: 'dark' }) // paper is white whatever the screen is
  await page.setViewportSize({ width: 1024, height: 900 })
  await open(all[name])()
  await settled()
  await page.pdf({ path: join(out, `${name}.pdf`), format: 'A4', printBackground: true })
  await page.setViewportSize({ width: 718, height: 1000 }) // A4 at 96 dpi without its margins
  await page.emulateMedia({ media: 'print' })
  await page.waitForFunction(() => document.documentElement.dataset.mantineColorScheme === 'light', null, { timeout: 5_000 }).catch(() => complaints.push(`${name}: printed dark`))
  await page.screenshot({ path: join(out, `${name}-print.png`), fullPage: true })
  await page.emulateMedia({ media: 'screen' })
}

await browser.close()
rmSync(profile, { recursive: true, force: true })
for (const c of complaints) console.log('complaint: ' + c)
process.exit(found || complaints.length ? 1 : 0)
