import { readFileSync } from 'node:fs'
import openapiTS, { astToString } from 'openapi-typescript'
import { expect, test } from 'vitest'

test('the client is of the API as it is described now (npm run api)', async () => {
  const ast = await openapiTS(new URL('../../docs/openapi.json', import.meta.url))
  const written = readFileSync('src/api/schema.ts', 'utf8')
  expect(written.slice(written.indexOf('export')) === astToString(ast), 'docs/openapi.json has changed: npm run api').toBe(true)
})
