import { chromium } from 'playwright-core'
import { writeFileSync, mkdtempSync } from 'node:fs'
const pages = { overview: '/', executive: '/dashboards/executive', 'channel-view': '/dashboards/channel', 'content-view': '/dashboards/content', 'sales-view': '/dashboards/sales', abm: '/dashboards/abm', funnel: '/measure/funnel', channels: '/measure/channels', attribution: '/measure/attribution', sales: '/measure/sales', plan: '/measure/plan', review: '/measure/review', audit: '/audit' }
const [out, ...ws] = process.argv.slice(2)
const b = await chromium.launchPersistentContext(mkdtempSync('/tmp/zz-'), { executablePath: '/usr/bin/chromium', args: ['--headless', '--no-sandbox', '--disable-gpu'] })
const page = b.pages()[0]
for (const w of ws) {
  const [name, port] = w.split(':')
  const url = `http://127.0.0.1:${port}`
  await b.clearCookies()
  await page.goto(url + '/sign-in')
  await page.getByLabel(/mail/i).fill('ann@x.test')
  await page.getByLabel(/password/i).first().fill('correct horse battery')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(url + '/')
  let text = ''
  await page.setViewportSize({ width: 1280, height: 900 })
  for (const [p, path] of Object.entries(pages)) {
    await page.goto(url + path)
    await page.waitForLoadState('networkidle').catch(() => {})
    await page.waitForFunction(() => !document.querySelector('.mantine-Skeleton-root'), null, { timeout: 15000 }).catch(() => { text += 'STILL LOADING\n' })
    await page.waitForTimeout(300)
    text += `\n##### ${name} ${p}\n` + (await page.locator('main').innerText()).replace(/\n{2,}/g, '\n')
    await page.screenshot({ path: `${out}/${name}-${p}.png`, fullPage: true })
  }
  writeFileSync(`${out}/${name}.txt`, text)
}
await b.close()
