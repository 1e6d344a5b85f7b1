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

const server = process.env.MILLRACE_URL ?? 'http://localhost:8080'

export default defineConfig({
  plugins: [react(), compressed()],
  html: { cspNonce: noncePlaceholder },
  build: {
    target: 'es2022',
    manifest: true,
    assetsInlineLimit: 0,
    // Polyfills and data URLs would need exceptions from the content security policy.
    modulePreload: { polyfill: false },
    // What several pages share comes in one file: over HTTP/1.1 thirty small ones cost a phone more time on the line than their bytes.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'shared', minShareCount: 10 }] } } },
  },
  // Unsafe methods carry the page's Origin, which the server compares with its own name: it must see the dev server's.
  server: { proxy: { '/api': { target: server, changeOrigin: false }, '/v1': { target: server, changeOrigin: false } } },
  test: { environment: 'node', include: ['test/**/*.test.ts', 'test/**/*.test.tsx'] },
})
