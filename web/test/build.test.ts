// What a page costs, measured on the build: JavaScript of its first load, compressed as it is sent.
import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { build } from 'vite'

type Chunk = { file: string; imports?: string[]; isEntry?: boolean }
let manifest: Record<string, Chunk>

beforeAll(async () => {
  if (!existsSync('dist/.vite/manifest.json')) await build({ logLevel: 'error' })
  manifest = JSON.parse(readFileSync('dist/.vite/manifest.json', 'utf8')) as Record<string, Chunk>
}, 120_000)

function cost(...modules: string[]): number {
  const files = new Set<string>()
  const take = (name: string) => {
    const chunk = manifest[name]
    if (!chunk) throw new Error(`${name} is not in the build`)
    if (files.has(chunk.file)) return
    files.add(chunk.file)
    chunk.imports?.forEach(take)
  }
  modules.forEach(take)
  return [...files].reduce((sum, f) => sum + gzipSync(readFileSync(`dist/${f}`), { level: 9 }).length, 0)
}

const kB = 1000
const pages = ['Overview', 'Accounts', 'Leads', 'Contacts', 'Opportunities', 'PlaybookPage', 'PlaybookEdit', 'PlaybookHistory', 'Imports', 'Events', 'Drops', 'Settings', 'AccountPage', 'ContactPage', 'Funnel', 'Channels', 'Attribution', 'Sales', 'Plan', 'Journey', 'Audit', 'Review', 'Reports', 'ReportPage']

describe('budgets', () => {
  test.each(['Accounts', 'Leads', 'Contacts', 'Opportunities'])('list page %s is under 250 kB', (page) => expect(cost('index.html', 'src/main.tsx', `src/pages/${page}.tsx`)).toBeLessThan(250 * kB))
  test.each(pages)('page %s with the "Why?" drawer is under 300 kB', (page) => expect(cost('index.html', 'src/main.tsx', `src/pages/${page}.tsx`, 'src/parts/Why.tsx')).toBeLessThan(300 * kB))
})

test('forms are files of their own, which no page has to wait for', () => {
  const forms = ['sales/LeadDialogs', 'sales/DealDialogs', 'ViewDialogs', 'MergeDialogs', 'boards/MailDialog', 'boards/NoteDialog'].map((f) => manifest[`src/parts/${f}.tsx`]!.file)
  const files = (module: string): string[] => [manifest[module]!.file, ...(manifest[module]!.imports ?? []).flatMap(files)]
  for (const page of pages) expect(files(`src/pages/${page}.tsx`).filter((f) => forms.includes(f)), page).toEqual([])
})

test('the app is fetched from the beginning, and begun by what is small', () => {
  const html = readFileSync('dist/index.html', 'utf8')
  const files = (module: string): string[] => [manifest[module]!.file, ...(manifest[module]!.imports ?? []).flatMap(files)]
  for (const file of files('src/main.tsx')) expect(html).toContain(`/${file}"`)
  expect(html).toContain('<div id="shell"')
  expect(cost('index.html')).toBeLessThan(10 * kB)
})

test('the page holds nothing that the content security policy forbids', () => {
  const html = readFileSync('dist/index.html', 'utf8')
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:/)
  expect(html).toContain('__MILLRACE_NONCE__')
})
