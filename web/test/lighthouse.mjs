// Lighthouse on the main pages of a running server, as a desktop and as a phone: prints a table, and exits 1 where a page stays below the bar.
// Lighthouse is fetched at a fixed version when this runs; it is no dependency of the app.
//   MILLRACE_URL=http://localhost:8080 MILLRACE_EMAIL=… MILLRACE_PASSWORD=… node test/lighthouse.mjs [path …]
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const version = '12.8.2' // 13 wants Node 22
const { MILLRACE_URL: url = 'http://localhost:8080', MILLRACE_EMAIL: email, MILLRACE_PASSWORD: password, MILLRACE_CHROMIUM: chromium = '/usr/bin/chromium', MILLRACE_LIGHTHOUSE: tool } = process.env
const paths = process.argv.length > 2 ? process.argv.slice(2) : ['/', '/accounts', '/leads', '/opportunities', '/measure/channels', '/audit', '/playbook', '/docs/start']
const bars = { desktop: { performance: 95, accessibility: 100, 'best-practices': 100 }, mobile: { performance: 85, accessibility: 100, 'best-practices': 100 } }

const signedIn = await fetch(url + '/api/v1/session', { method: 'POST', headers: { 'Content-Type': 'application/json', Origin: url }, body: JSON.stringify({ email, password }) })
if (!signedIn.ok) throw new Error(`signing in: ${signedIn.status} ${await signedIn.text()}`)
const Cookie = signedIn.headers.getSetCookie().map((c) => c.split(';')[0]).join('; ')

const dir = mkdtempSync(join(tmpdir(), 'millrace-lighthouse-'))
const [command, before] = tool ? [tool, []] : ['npx', ['--yes', `lighthouse@${version}`]]
let below = 0
console.log('| page | as | performance | accessibility | best practices | LCP | blocking |\n|---|---|---|---|---|---|---|')
for (const path of paths) {
  for (const [as, bar] of Object.entries(bars)) {
    const out = join(dir, 'report.json')
    const options = [url + path, '--quiet', '--output=json', `--output-path=${out}`, `--only-categories=${Object.keys(bar).join(',')}`, `--extra-headers=${JSON.stringify({ Cookie })}`]
    execFileSync(command, [...before, ...options, ...(as === 'desktop' ? ['--preset=desktop'] : []), '--chrome-flags=--headless=new --no-sandbox --disable-gpu'], { env: { ...process.env, CHROME_PATH: chromium }, stdio: ['ignore', 'ignore', 'inherit'] })
    const { categories, audits } = JSON.parse(readFileSync(out, 'utf8'))
    const scores = Object.keys(bar).map((c) => Math.round(categories[c].score * 100))
    console.log(`| ${path} | ${as} | ${scores.join(' | ')} | ${audits['largest-contentful-paint'].displayValue} | ${audits['total-blocking-time'].displayValue} |`)
    Object.keys(bar).forEach((c, i) => {
      if (scores[i] >= bar[c]) return
      below++
      for (const { id, weight } of categories[c].auditRefs) if (weight > 0 && audits[id].score !== null && audits[id].score < 0.9) console.log(`  ${c}: ${id} ${audits[id].displayValue ?? ''} ${(audits[id].details?.items ?? []).slice(0, 2).map((x) => x.node?.snippet ?? x.description ?? '').join(' ')}`)
    })
  }
}
rmSync(dir, { recursive: true, force: true })
process.exit(below ? 1 : 0)
