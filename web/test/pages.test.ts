// What look.mjs photographs, compared with the router both ways: a page that nobody looks at is noticed here.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { doors, pages, printed } from './pages.mjs'

const routes = [...readFileSync('src/router.tsx', 'utf8').matchAll(/path: '([^']+)', component/g)].map((m) => m[1]!).filter((path) => path !== '$')
const looked = { ...doors, ...pages({ account: 'acc_1', person: 'con_1', opportunity: 'opp_1', won: 'opp_2', report: '1', upload: 'up_1' }) }

/** The route that an address opens: of two that match, the one without parameters. */
function routeOf(address: string): string | undefined {
  const path = address.replace(/[?#].*/, '')
  const matches = (route: string) => new RegExp(`^${route.replace(/\$\w+/g, '[^/]+')}$`).test(path)
  return routes.find((r) => r === path) ?? routes.find(matches)
}

test('every route of the app is looked at', () => {
  expect(routes.length).toBeGreaterThan(30)
  const seen = new Set(Object.values(looked).map(routeOf))
  expect(routes.filter((r) => !seen.has(r))).toEqual([])
})

test('what is looked at is there', () => {
  expect(Object.entries(looked).filter(([, address]) => !routeOf(address)).map(([name]) => name)).toEqual(['lost'])
  expect(printed.filter((name) => !(name in looked))).toEqual([])
})
