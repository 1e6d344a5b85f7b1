import { describe, expect, test } from 'vitest'
import { address, problem } from '../src/api/client'
import { backoff, withFacts } from '../src/api/tail'
import type { CommitteeRole, Contact, Event, Explanation, Line } from '../src/api/types'
import { fieldOf, otherwise, safeNext, tokenIn } from '../src/frame/entering'
import { byRole } from '../src/parts/Committee'
import { ago, because, browserIn, grouped, linkHere, money, points, sumPoints } from '../src/parts/format'
import { listParams, withValue } from '../src/parts/Listing'
import { traitPairs, traitText } from '../src/parts/Pairs'
import { snippet } from '../src/parts/snippets'
import { byDay, newSources, timed } from '../src/parts/Timeline'
import { verdict } from '../src/parts/verdict'
import { shownLines } from '../src/parts/Why'
import { placeText } from '../src/parts/words'

describe('a list and its URL', () => {
  test('only what the list knows goes to the API', () => {
    expect(listParams({ grade: 'A', why: 'con_1', sort: 'name', cursor: 'c', stage: '' }, ['grade', 'stage'])).toEqual({ limit: 50, grade: 'A', sort: 'name', cursor: 'c' })
    expect(listParams({}, [], { sort: 'intent' })).toEqual({ limit: 50, sort: 'intent' })
  })
  test('a new filter begins at the first page and an empty one leaves the URL', () => {
    expect(withValue({ cursor: 'c', stage: 'mql' }, 'grade', 'A')).toEqual({ stage: 'mql', grade: 'A' })
    expect(withValue({ stage: 'mql' }, 'stage', '')).toEqual({ stage: undefined })
  })
  test('addresses leave out what is empty', () => {
    expect(address('leads', { q: 'müller & co', stage: '', format: 'csv' })).toBe('/api/v1/leads?q=m%C3%BCller+%26+co&format=csv')
    expect(address('accounts')).toBe('/api/v1/accounts')
  })
})

describe('a score opened', () => {
  const line = (position: number, points: string): Line => ({ position, points, raw: 1, counted: 1, weight: 1, scaled: 0, kind: 'page', what: '', rule: '', label: '', occurred_at: null })
  const lines = Array.from({ length: 30 }, (_, i) => line(i, i % 3 === 0 ? '0.000' : `${i % 2 === 0 ? '' : '-'}${i}.00${i % 10}`))
  const total = sumPoints(lines.map((l) => l.points))
  test.each([true, false])('what is shown adds up to the whole, all lines %s', (all) => {
    const { shown, rest, restPoints } = shownLines(lines, all)
    expect(sumPoints([...shown.map((l) => l.points), restPoints])).toBe(total)
    expect(shown.length + rest).toBe(lines.length)
    expect(shown.length).toBe(all ? 30 : 12)
  })
  test('lines that add nothing come last, the others newest first', () => {
    expect(shownLines([line(3, '0.000'), line(1, '1.000'), line(2, '2.000')], false).shown.map((l) => l.position)).toEqual([2, 1, 3])
  })
  test('one line too many is shown rather than summed', () => expect(shownLines(lines.slice(0, 13), false).rest).toBe(0))
  test('thousandths add up exactly', () => expect(sumPoints(['0.1', '0.2', '-0.3', '1234567.891'])).toBe('1234567.891'))
})

test('the verdict names who, stage, fit, points and roles', () => {
  const x = {
    of: 'account', id: 'acc_1', name: 'Acme', stage: 'mql', intent: { points: '145.250', threshold: 120 }, fit: { fit: true, icp: 'SaaS', grade: 'A' },
    committee: [{ role: 'user', engaged: true }, { role: 'champion', engaged: false }],
  } as Explanation
  expect(verdict(x)).toBe('Acme is ready for sales: grade A under SaaS, 145.3 of 120 points, 1 of 2 roles engaged.')
  expect(verdict({ ...x, name: '', email: 'a@acme.com', stage: 'lead', committee: [], fit: { ...x.fit, fit: false } })).toBe("a@acme.com is not ready yet: no fit under SaaS, 145.3 of 120 points.")
  expect(verdict({ ...x, stage: 'opportunity' }, 'Acme', { open: 1, won: 0 })).toContain('Acme has 1 open deal: ')
  expect(verdict({ ...x, stage: 'customer' }, 'Acme', { open: 2, won: 1 })).toContain('Acme has bought, 1 deal won and 2 open: ')
  expect(verdict({ ...x, stage: 'disqualified' }, 'Acme', { open: 0, won: 1 })).toContain('Acme is disqualified: ')
})

test('a committee keeps its order of roles, and nobody is lost', () => {
  const roles = [{ role: 'user' }, { role: 'champion' }] as CommitteeRole[]
  const people = [{ id: '1', role: 'champion' }, { id: '2', role: '' }, { id: '3', role: 'advisor' }] as Contact[]
  const grouped = byRole(roles, people)
  expect(grouped.roles.map((r) => [r.role, r.who.map((p) => p.id)])).toEqual([['user', []], ['champion', ['1']]])
  expect(grouped.others.map((p) => p.id)).toEqual(['2', '3'])
})

describe('a timeline', () => {
  const fact = (position: number, occurred_at: string, source: string, flags: string[] | null = []) => ({ position, occurred_at, source, source_name: source === 'key:key_b' ? 'Website' : '', flags }) as Event
  const facts = [fact(4, '2026-03-02T12:00:00Z', 'key:key_b'), fact(3, '2026-03-01T12:00:00Z', 'key:key_b', null), fact(2, '2026-03-01T11:00:00Z', 'a'), fact(1, '2026-01-01T12:00:00Z', 'a', ['undated'])]
  test('is grouped by day, undated facts apart', () => expect(byDay(facts).map((d) => d.facts.map((f) => f.position))).toEqual([[4], [3, 2], [1]]))
  test('tells no time of day where there is none', () => {
    const at = (kind: string, occurred_at: string, flags: string[] = []) => timed({ kind, occurred_at, flags } as unknown as Event)
    expect([at('opportunity', '2017-03-01T00:00:00Z'), at('account', '2017-03-01T09:30:00Z', ['undated']), at('opportunity', '2017-03-01T09:30:00Z'), at('page', '2017-03-01T00:00:00Z')]).toEqual([false, false, true, true])
  })
  test('names a source when it changes, a key by its name or, when it is gone, its id', () => {
    expect([...newSources(facts)]).toEqual([[4, 'Website'], [2, 'a']])
    expect([...newSources([fact(5, '2026-03-03T12:00:00Z', 'key:key_gone')])]).toEqual([[5, 'key_gone']])
  })
})

describe('values in words', () => {
  test('money', () => {
    expect(money('618400', 'USD')).toBe('$618,400')
    expect(money('12.5', 'EUR')).toBe('€12.50')
    expect(money('7', '')).toBe('7')
  })
  test('points have one decimal', () => expect(points('1144.968')).toBe('1,145.0'))
  test('how long ago', () => {
    const now = Date.parse('2026-03-10T12:00:00Z')
    expect(['2026-03-10T11:59:30Z', '2026-03-10T11:58:00Z', '2026-03-09T11:00:00Z', '2026-03-03T12:00:00Z', '2024-03-10T00:00:00Z', null].map((at) => ago(at, now))).toEqual([
      'just now', '2 minutes ago', 'yesterday', '7 days ago', '2 years ago', 'never',
    ])
  })
  test('traits of any shape', () => expect([null, 'x', 3, false, ['a', 'b'], { a: 1 }].map(traitText)).toEqual(['', 'x', '3', 'false', 'a, b', '{"a":1}']))
})

test('after signing in nobody is sent to another site', () => {
  expect(['/leads?stage=mql', '/playbook#a', undefined, '', 'https://evil.example', '//evil.example', '/\\evil.example', '/\t/evil.example', '/\n//evil.example', '/./\\evil.example', '/.//evil.example', 'javascript:alert(1)', 'leads', '/sign-in?next=/sign-in', '/set-up', '/x/../sign-in'].map(safeNext)).toEqual(
    ['/leads?stage=mql', '/playbook#a', ...Array<string>(14).fill('/')],
  )
})

test('links, and what a problem says of which field', () => {
  expect([tokenIn('#token=a-b_c'), tokenIn('#x'), tokenIn('')]).toEqual(['a-b_c', '', ''])
  expect(linkHere('http://127.0.0.1:8080/invitation#token=abc', 'https://millrace.acme.com')).toBe('https://millrace.acme.com/invitation#token=abc')
  const bad = problem(422, { detail: 'too short', errors: [{ location: 'body.password', message: 'too short' }] })
  expect([fieldOf(bad, 'password'), fieldOf(bad, 'email'), otherwise(bad, ['password']), otherwise(bad, ['email']), otherwise(null, [])]).toEqual(['too short', undefined, undefined, 'too short', undefined])
})

test('a browser in two words', () => {
  expect(
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0',
      'curl/8.5.0',
      '',
    ].map(browserIn),
  ).toEqual(['Chrome, Linux', 'Edge, Windows', 'Safari, iPhone', 'Firefox, macOS', 'curl/8.5.0', ''])
})

test('a problem says its detail and the field once', () => {
  expect(problem(422, { title: 'T', detail: 'bad', errors: [{ location: 'query.sort', message: 'no such order' }] })).toMatchObject({ status: 422, message: 'bad: no such order', field: 'query.sort' })
  expect(problem(422, { detail: 'bad', errors: [{ location: 'q', message: 'bad' }] }).message).toBe('bad')
  expect(problem(502, 'Bad gateway').message).toBe('HTTP 502')
})

test.each(['browser', 'node', 'curl'] as const)('the snippet for %s has the key and the server', (of) => {
  const text = snippet(of, 'https://millrace.acme.com', 'k'.repeat(27))
  expect(text).toContain('https://millrace.acme.com')
  expect(text).toContain('k'.repeat(27))
})

test('a decision has the digits of the figures beside it, and reaches no bar that it missed', () => {
  expect(because('fit, 5 committee roles engaged and combined intent 134.336 of 120')).toBe('fit, 5 committee roles engaged and combined intent 134.3 of 120')
  expect(because('intent fell to 14.996, below 15')).toBe('intent fell to 14.9, below 15')
  expect(because('version 1.2.345 of 2026-11-23, 1.2345 and 12.5')).toBe('version 1.2.345 of 2026-11-23, 1.2345 and 12.5')
})

describe('facts as they come in', () => {
  const page = (positions: number[], next_cursor = '') => ({ data: positions.map((position) => ({ position }) as Event), next_cursor })
  const came = (...positions: number[]) => page(positions).data
  const positions = (p: { data: Event[] }) => p.data.map((e) => e.position)
  test('stand above what is shown, newest first, each once', () => {
    expect(positions(withFacts(page([7, 5]), came(6, 7, 9, 8)))).toEqual([9, 8, 7, 6, 5])
    expect(positions(withFacts(page([]), came(1)))).toEqual([1])
  })
  test('leave no gap before a following page, and nothing new is the page itself', () => {
    const p = page([7, 5], 'older')
    expect(positions(withFacts(p, came(3, 4, 6)))).toEqual([7, 6, 5])
    expect(withFacts(p, came(3, 7))).toBe(p)
  })
  test('a stream that fails is opened again later each time, up to half a minute', () => {
    expect([0, 1, 2, 5, 50].map((n) => backoff(n, 0.5))).toEqual([1_000, 2_000, 4_000, 30_000, 30_000])
    expect([backoff(0, 0), backoff(0, 1)]).toEqual([800, 1_200])
  })
})

describe('texts from the log', () => {
  test.each([
    ['www.acme.com/pricing', '/pricing'],
    ['https://acme.com/blog/a', '/blog/a'],
    ['docs.acme.com/x', 'docs.acme.com/x'],
    ['www.acme.com/', 'www.acme.com/'],
    ['Form Submitted', 'Form Submitted'],
  ])('the place %s', (place, text) => expect(placeText(place)).toBe(text))
  test.each([
    ['revenue 38078000 is between 20000000 and 500000000', 'revenue 38,078,000 is between 20,000,000 and 500,000,000'],
    ['employees 482 is at least 50', 'employees 482 is at least 50'],
    ['page /orders/1234567 on 2026-11-18', 'page /orders/1234567 on 2026-11-18'],
    ['0.123456 or 12345678.5', '0.123456 or 12345678.5'],
  ])('the numbers of "%s"', (text, to) => expect(grouped(text)).toBe(to))
  test('traits have names and values as people write them', () => {
    expect(traitPairs({ revenue: 38078000, founded: 2009, annual_goal: '12000', technologies: ['AWS', 'Slack'] })).toEqual([
      ['Annual goal', '12000'],
      ['Founded', '2009'],
      ['Revenue', '38,078,000'],
      ['Technologies', 'AWS, Slack'],
    ])
  })
})
