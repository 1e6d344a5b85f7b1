// The playbook in a real browser against a real server: a change is made, seen before it is applied, applied with a reason and found in the
// history; a stale form is refused; wrong YAML is told at its line and field. Needs Go and Chromium; says so and is left out without them.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { able, Place } from './server'

describe.skipIf(!able)('the playbook in a browser', () => {
  const place = new Place()
  let url = ''
  let page: Page

  beforeAll(async () => {
    place.build()
    const link = await place.serve(['--demo', '--accounts', '60'], /Sign in: (\S+)\n/)
    url = place.url
    page = await place.browse((text) => text.includes('401') || text.includes('409'))
    await page.goto(link)
    await page.waitForURL(url + '/')
  }, 240_000)

  afterAll(() => place.stop(), 30_000)

  const patient = { timeout: 15_000 }
  const yaml = () => page.getByRole('textbox', { name: 'YAML' })
  const heading = () => page.getByRole('heading', { level: 1 })
  const part = (name: string) => page.getByRole('combobox', { name: 'Part' }).selectOption({ label: name })
  const plan = () => page.getByRole('region', { name: 'What would change' })
  const apply = async (why: string) => {
    await plan().getByRole('button', { name: 'What would change' }).or(plan().getByRole('button', { name: 'Work it out again' })).click()
    await plan().getByText(/would become MQL|Nobody would/).waitFor()
    await plan().getByRole('button', { name: 'Apply' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Apply' }).click()
    await dialog.getByText('Say why in a few words.').waitFor()
    await dialog.getByLabel('Why?').fill(why)
    await dialog.getByRole('button', { name: 'Apply' }).click()
  }

  test('a form changes the text and keeps its comments; the effect is named, applied with a reason, and stands in the history', async () => {
    await page.goto(url + '/playbook/edit')
    await part('Lifecycle')
    const mql = page.getByRole('region', { name: 'MQL: a person is ready' })
    await mql.getByLabel('Intent from').fill('40')
    await expect.poll(() => yaml().inputValue(), patient).toMatch(/intent: 40 {2}# our choice/)
    await expect.poll(() => heading().innerText(), patient).toMatch(/^1 change, not applied yet/)
    await page.reload()
    await page.getByText(/Your unsaved changes/).waitFor()
    await expect.poll(() => yaml().inputValue(), patient).toContain('intent: 40')
    await apply('the bar was too high')
    await page.getByText(/The playbook rules now/).waitFor()
    await page.goto(url + '/playbook/history')
    const newest = page.getByRole('article').first()
    await newest.getByText('the bar was too high').waitFor()
    await newest.getByRole('button', { name: 'What it changed' }).click()
    await newest.getByRole('cell', { name: 'Lifecycle › MQL › Intent' }).waitFor()
    await page.getByRole('link', { name: 'Put back into the editor' }).click()
    await expect.poll(() => yaml().inputValue(), patient).toContain('intent: 60')
    await page.getByRole('button', { name: 'Undo' }).click()
    await expect.poll(() => yaml().inputValue(), patient).toContain('intent: 40')
  }, 120_000)

  test('wrong YAML is told at its line and its field, and by keyboard it is mended', async () => {
    await page.goto(url + '/playbook/edit')
    const text = await yaml().inputValue()
    await yaml().fill(text.replace('threshold: 50', 'threshold: 5000'))
    await page.getByRole('button', { name: 'Show in the form' }).first().click()
    await expect.poll(() => page.evaluate(() => document.activeElement?.id), patient).toBe('pb-icp[0].threshold')
    expect(await plan().getByRole('button', { name: 'What would change' }).isDisabled()).toBe(true)
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.type('51')
    await expect.poll(() => yaml().inputValue(), patient).toContain('threshold: 51 ')
    await yaml().fill('format: 1\nname: [x\n')
    await page.getByText(/can't be read from line/).waitFor()
    await yaml().press('ControlOrMeta+z')
    await expect.poll(() => yaml().inputValue(), patient).toContain('threshold: 51')
    await page.getByRole('button', { name: 'Discard changes' }).click()
    await expect.poll(() => yaml().inputValue(), patient).toBe(text)
  }, 60_000)

  test('a stale form is refused, and its changes are brought onto the ruling version', async () => {
    await page.goto(url + '/playbook/edit')
    await part('Scoring')
    await page.getByLabel('Half-life in days').fill('15')
    await expect.poll(() => heading().innerText(), patient).toMatch(/^1 change/)
    const other = await page.context().newPage()
    await other.goto(url + '/playbook')
    const status = await other.evaluate(async () => {
      const now = (await (await fetch('/api/v1/playbook')).json()) as { version: string; source: string }
      const source = now.source.replace('intent: 120', 'intent: 119')
      const r = await fetch(`/api/v1/playbook/apply?note=meanwhile&base=${now.version}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ source }) })
      return r.status
    })
    expect(status).toBe(200)
    await other.close()
    await page.getByLabel('Half-life in days').fill('16')
    await page.getByText(/applied another playbook/).waitFor()
    expect(await plan().getByRole('button', { name: 'What would change' }).isDisabled()).toBe(true)
    await page.getByRole('button', { name: 'Bring my changes onto it' }).click()
    await expect.poll(() => yaml().inputValue(), patient).toMatch(/half_life_days: 16[^]*intent: 119/)
    await apply('a slower purchase')
    await page.getByText(/The playbook rules now/).waitFor()
  }, 120_000)

  test('axe finds nothing, in light and dark', async () => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme })
      for (const path of ['/playbook', '/playbook/edit', '/playbook/history']) {
        await page.goto(url + path)
        await page.waitForFunction(() => !document.querySelector('.mantine-Skeleton-root') && !!document.querySelector('h1')?.textContent?.trim())
        await page.evaluate(axe)
        const found = await page.evaluate<string[]>("axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations.map((v) => v.id + ': ' + v.nodes[0].html))")
        expect(found, `${path} ${scheme}`).toEqual([])
      }
    }
  }, 60_000)

  test('the browser complained of nothing', () => expect(place.complaints).toEqual([]))
})
