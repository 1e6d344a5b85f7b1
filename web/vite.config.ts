import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

// The server replaces it in each answer; internal/web knows the same word.
const noncePlaceholder = '__MILLRACE_NONCE__'

// Writes .br and .gz beside the assets once, so that the server compresses nothing.
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    closeBundle() {
      const dir = 'dist/assets'
      for (const name of readdirSync(dir)) {
        const file = join(dir, name)
        const content = readFileSync(file)
        const br = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
        const gz = gzipSync(content, { level: 9 })
        if (br.length < content.length) writeFileSync(file + '.br', br)
        if (gz.length < content.length) writeFileSync(file + '.gz', gz)
      }
    },
  }
}

// boot.ts asks for the app after the first paint; the browser fetches it from the beginning, and what is painted first before it.
function preloaded(): Plugin {
  return {
    name: 'preloaded',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_, { bundle = {} }) {
        const chunks = Object.values(bundle).filter((c) => c.type === 'chunk')
        const files = new Set<string>()
        const take = (file: string) => {
          if (files.has(file)) return
          files.add(file)
          chunks.find((c) => c.fileName === file)?.imports.forEach(take)
        }
        const app = chunks.find((c) => c.facadeModuleId?.endsWith('/src/main.tsx'))
        if (!app) throw new Error('src/main.tsx is not a file of the build')
        take(app.fileName)
        const entry = chunks.find((c) => c.isEntry)!
        return [...files].filter((f) => f !== entry.fileName && !entry.imports.includes(f)).map((f) => ({ tag: 'link', attrs: { rel: 'modulepreload', crossorigin: true, fetchpriority: 'low', href: '/' + f }, injectTo: 'head' as const }))
      },
    },
  }
}

const server = process.env.MILLRACE_URL ?? 'http://localhost:8080'

export default defineConfig({
  plugins: [react(), preloaded(), compressed()],
  html: { cspNonce: noncePlaceholder },
  build: {
    target: 'es2022',
    manifest: true,
    assetsInlineLimit: 0,
    // Polyfills and data URLs would need exceptions from the content security policy.
    modulePreload: { polyfill: false },
    // What several pages share comes in one file: over HTTP/1.1 thirty small ones cost a phone more time on the line than their bytes.
    // React and the libraries are files of their own, which boot.ts begins one after the other.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'boot', test: /preload-helper|[\\/]src[\\/]files\.ts/, priority: 4 },
            { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/, priority: 3 },
            { name: 'data', test: /node_modules[\\/]@tanstack/, priority: 3 },
            { name: 'kit', test: /node_modules/, minShareCount: 10, priority: 2 },
            { name: 'frame', test: /[\\/]src[\\/](((router|strings|strings\.frame|strings\.sales|terms|frame[\\/](entering|Frame|Lost|SignInAgain)|parts[\\/]savedViews)\.tsx?$)|api[\\/])/, priority: 1 },
            { name: 'shared', minShareCount: 10 },
          ],
        },
      },
    },
  },
  // Unsafe methods carry the page's Origin, which the server compares with its own name: it must see the dev server's.
  server: { proxy: { '/api': { target: server, changeOrigin: false }, '/v1': { target: server, changeOrigin: false } } },
  test: { environment: 'node', include: ['test/**/*.test.ts', 'test/**/*.test.tsx'] },
})
