// The documentation in the app, and the explanations that lead to it, in a real browser against a real server: by pointer and by keyboard, on
// paper, and where there is no such page. axe has nothing to say of them.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shelvesOf } from '../src/pages/Docs'
import { glossary } from '../src/glossary'
import { terms } from '../src/terms'
import { able, Place } from './server'

describe('the glossary', () => {
  test.each(Object.entries(glossary))('%s is explained in one or two plain sentences', (name, { means }) => {
    expect(terms).toHaveProperty(name)
    expect(means).toMatch(/^[^a-z].*\.$/)
    expect(means.length).toBeLessThanOrEqual(260)
  })
})

test('pages stand on their shelves in the order given', () => {
  const page = (name: string, group: string) => ({ name, group, title: name, summary: '', sections: [] })
  expect(shelvesOf([page('a', 'Using'), page('b', 'Running'), page('c', 'Using')]).map(([g, of]) => [g, of.map((p) => p.name)])).toEqual([['Using', ['a', 'c']], ['Running', ['b']]])
})

describe.skipIf(!able)('the docs in a browser', () => {
  const place = new Place()
  let url = ''
  let page: Page
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

  beforeAll(async () => {
    place.build()
    const signIn = await place.serve(['--demo', '--accounts', '30'], /Sign in: (\S+)\n/)
    url = place.url
    page = await place.browse((text) => /status of (401|404)/.test(text))
    await page.goto(signIn)
    await page.waitForURL(url + '/')
  }, 240_000)

  afterAll(() => place.stop(), 30_000)

  const clean = async () => {
    await page.evaluate(axe)
    expect(await page.evaluate<string[]>("axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations.map((v) => v.id + ': ' + v.nodes[0].html))")).toEqual([])
  }
  const top = (id: string) => page.evaluate((i) => document.getElementById(i)!.getBoundingClientRect().top, id)

  test('nothing that stands on the page of all pages is pushed away when they come', async () => {
    await page.setViewportSize({ width: 390, height: 844 })
    await page.route('**/api/v1/docs', (r) => new Promise((after) => setTimeout(after, 1000)).then(() => r.continue()))
    await page.addInitScript("new PerformanceObserver((l) => { window.shifted = (window.shifted ?? 0) + l.getEntries().reduce((sum, e) => sum + e.value, 0) }).observe({ type: 'layout-shift', buffered: true })")
    await page.goto(url + '/docs')
    await page.getByRole('heading', { name: 'Using Millrace' }).waitFor()
    await page.getByRole('heading', { name: 'For programs' }).waitFor()
    expect(await page.evaluate<number>('window.shifted ?? 0')).toBeLessThan(0.01)
    await page.unroute('**/api/v1/docs')
    await page.setViewportSize({ width: 1280, height: 900 })
    await page.goto(url + '/')
  }, 60_000)

  test('a page is found in the contents, read, and left by its links without loading the app again', async () => {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Docs' }).click()
    await page.getByRole('heading', { name: 'Using Millrace' }).waitFor()
    await clean()
    await page.evaluate(() => Object.assign(window, { loadedOnce: true }))
    await page.getByRole('navigation', { name: 'Contents' }).getByRole('link', { name: 'Channel review' }).click()
    await page.getByRole('heading', { level: 1, name: 'Channel review' }).waitFor()
    expect(await page.title()).toBe('Channel review · Docs · Millrace')
    await page.locator('article').getByRole('link', { name: 'measurement.md' }).or(page.locator('article a[href="/docs/measurement#unit-economics"]')).first().click()
    await page.waitForURL(/\/docs\/measurement#unit-economics$/)
    await page.getByRole('heading', { level: 2, name: 'Unit economics' }).waitFor()
    await expect.poll(() => top('unit-economics')).toBeGreaterThan(43)
    expect(await top('unit-economics')).toBeLessThan(80)
    expect(await page.evaluate(() => 'loadedOnce' in window)).toBe(true)
    await clean()
    await page.goBack()
    await page.getByRole('heading', { level: 1, name: 'Channel review' }).waitFor()
  }, 60_000)

  test('a search finds headings and text; what is not there says so', async () => {
    await page.goto(url + '/docs')
    await page.getByRole('searchbox', { name: 'Search the docs' }).fill('rejected rows')
    await page.getByRole('heading', { name: /sections? sa(y|ys) something of “rejected rows”/ }).waitFor()
    await page.waitForURL((u) => u.searchParams.get('q') === 'rejected rows')
    await clean()
    await page.getByRole('link', { name: 'Imports › Dry run, preview, rejects' }).click()
    await page.waitForURL(/\/docs\/imports#dry-run-preview-rejects$/)
    await page.getByRole('searchbox', { name: 'Search the docs' }).fill('xyzzy')
    await page.getByRole('heading', { name: 'No section says anything of “xyzzy”.' }).waitFor()
    await page.goto(url + '/docs/nowhere')
    await page.getByText('There is no such page in the docs').waitFor()
    await page.getByRole('link', { name: 'All pages' }).last().click()
    await page.waitForURL(url + '/docs')
  }, 60_000)

  test('the API has a page, and its description is there to download', async () => {
    await page.goto(url + '/docs/api')
    await page.getByText('GET /api/v1/accounts/{id}', { exact: true }).waitFor()
    await page.goto(url + '/docs')
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'openapi.json' }).click()
    expect(JSON.parse(readFileSync(await (await download).path(), 'utf8'))).toHaveProperty('openapi')
  }, 60_000)

  test('on paper there is the text alone', async () => {
    await page.goto(url + '/docs/access')
    await page.getByRole('heading', { level: 1, name: 'People and access' }).waitFor()
    await page.emulateMedia({ media: 'print' })
    expect(await page.getByRole('navigation').filter({ visible: true }).count()).toBe(0)
    expect(await page.getByRole('article').isVisible()).toBe(true)
    await page.emulateMedia({ media: 'screen' })
  }, 60_000)

  test('the palette finds a section of the docs by keyboard alone', async () => {
    await page.goto(url + '/')
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.keyboard.press('Control+k')
    await page.locator('[role=combobox]:focus').waitFor()
    await page.keyboard.type('what each role may')
    await page.getByRole('group', { name: 'Docs' }).getByRole('option', { name: /^What each role may/ }).waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/docs\/access#what-each-role-may$/)
    await page.getByRole('heading', { name: 'What each role may' }).waitFor()
  }, 60_000)

  test('a term is explained by keyboard alone, with the way to the docs, and the focus comes back', async () => {
    await page.goto(url + '/')
    const mark = page.getByRole('button', { name: 'What is MQL?' })
    await mark.focus()
    await page.keyboard.press('Enter')
    const more = page.getByRole('link', { name: 'More in the docs: MQL, in a new tab' })
    await expect.poll(() => more.evaluate((a) => a === document.activeElement)).toBe(true)
    await clean()
    const tab = page.context().waitForEvent('page')
    await page.keyboard.press('Enter')
    const docs = await tab
    await docs.getByRole('heading', { name: 'Lifecycle: what the stages mean' }).waitFor()
    expect(new URL(docs.url()).pathname).toBe('/docs/playbook')
    await docs.close()
    await page.bringToFront()
    await page.keyboard.press('Escape')
    await expect.poll(() => mark.evaluate((b) => b === document.activeElement)).toBe(true)
  }, 60_000)

  test('the browser had nothing to complain of', () => expect(place.complaints).toEqual([]))
})
