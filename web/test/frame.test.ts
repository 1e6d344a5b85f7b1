// The logic of the frame: the overview, and what stands around every page.
import { describe, expect, test } from 'vitest'
import type { Account, Overview } from '../src/api/types'
import { newsOf, sentenceOf } from '../src/pages/Overview'
import { lasting } from '../src/parts/lasting'
import { compared } from '../src/parts/MergeDialogs'
import { found, matches, stepped, type Choice } from '../src/parts/palette'
import { dayAfter, daysBetween, pastOf } from '../src/parts/past'
import { barsOf } from '../src/parts/Weeks'

const at = '2026-03-10T12:00:00.000Z'
const now = new Date(at).getTime()
const changed: Overview['changed'] = { since: at, contacts: 0, accounts: 0, imported_contacts: 0, imported_accounts: 0, mql: 2, mqa: 0, accepted: 0, sql: 0, recycled: 0, opened: 1, won: 0, lost: 3 }
const empty: Overview = { at, waiting: { total: 0, data: [] }, qualified: { total: 0, data: [] }, woken: [], overdue: { total: 0, data: [] }, failed_imports: [], contacts: [], accounts: [], weeks: [], changed }

describe('the overview', () => {
  test('its sentence says who waits and how long, and leaves out what is not due', () => {
    expect(sentenceOf(empty)).toBe('Nobody waits for sales.')
    const waiting = { total: 12, data: [{ stage_at: '2026-03-07T11:00:00Z' }] } as unknown as Overview['waiting']
    expect(sentenceOf({ ...empty, waiting, overdue: { total: 1, data: [] } })).toBe('12 people wait for sales, the longest for 3 days; 1 opportunity is past its date.')
  })
  test('only what changed is news, in one order', () => expect(newsOf(changed)).toEqual([['mql', 2], ['opened', 1], ['lost', 3]]))
  test.each([
    ['2026-03-10T11:59:30Z', '0 minutes'],
    ['2026-03-10T11:00:01Z', '59 minutes'],
    ['2026-03-10T11:00:00Z', '1 hour'],
    ['2026-03-08T12:00:00Z', '2 days'],
    [null, '–'],
  ])('from %s it has lasted %s', (since, words) => expect(lasting(since, now)).toBe(words))
  test('the bars of weeks fill the height once and none stands for nothing', () => {
    const { bars, top } = barsOf([{ from: '2026-03-02', mql: 8, mqa: 2 }, { from: '2026-03-09', mql: 0, mqa: 4 }])
    expect(top).toBe(8)
    expect(bars.map((b) => [b.week, b.of, b.y, b.height])).toEqual([[0, 'mql', 0, 100], [0, 'mqa', 75, 25], [1, 'mqa', 50, 50]])
    expect(barsOf([{ from: '2026-03-02', mql: 0, mqa: 0 }]).bars).toEqual([])
  })
})

describe('the palette', () => {
  const choice = (label: string, words = ''): Choice => ({ id: label, group: 'Pages', label, words })
  test.each([
    ['Access log', 'acc', 3],
    ['Access log', 'log', 2],
    ['Access log', 'log acc', 2],
    ['Sign out', 'leave', 1],
    ['Sign out', 'ign', 0],
    ['Sign out', 'sign nowhere', 0],
    ['Überblick', 'uber', 3],
    ['Sign out', 'pages', 1],
  ])('%s answers "%s" with %i', (label, typed, m) => expect(matches(choice(label, 'log out leave'), typed)).toBe(m))
  test('the best answer comes first, and all when nothing is typed', () => {
    const all = [choice('Recent events'), choice('Overview'), choice('Events refused')]
    expect(found(all, 'ev').map((c) => c.label)).toEqual(['Events refused', 'Recent events'])
    expect(found(all, ' ')).toEqual(all)
  })
  test('arrows go round', () => expect([stepped(0, -1, 3), stepped(2, 1, 3), stepped(0, 1, 0)]).toEqual([2, 0, 0]))
})

describe('the past', () => {
  const today = new Date(2026, 2, 10, 12)
  test.each([undefined, '', '2026-03-10', '2026-03-11', '2026-02-30', '10.3.2026', 'then'])('%s is no past day', (text) => expect(pastOf(text, today)).toBeUndefined())
  test('a day is seen from its end, by the clock of the reader', () => expect(pastOf('2026-03-09', today)).toEqual({ day: '2026-03-09', at: new Date(2026, 2, 9, 23, 59, 59, 999).toISOString() }))
  test('days are counted over months and summer time', () => {
    expect(dayAfter('2026-02-27', 3)).toBe('2026-03-02')
    expect(daysBetween('2026-03-01', '2026-04-01')).toBe(31)
    expect(dayAfter('2026-10-24', daysBetween('2026-10-24', '2026-10-26'))).toBe('2026-10-26')
  })
})

test('two records side by side say where they differ', () => {
  const house = { id: 'acc_1', name: 'Acme', domain: 'acme.com', industry: '', country: 'US', people: 3, owner: '', stage: 'mql', intent: '12.300' } as Account
  const rows = compared(house, { ...house, id: 'acc_2', domain: 'acme.io', people: 1 })
  expect(rows.filter(([, , , differs]) => differs).map(([name, a, b]) => [name, a, b])).toEqual([['Domain', 'acme.com', 'acme.io'], ['People', '3', '1']])
  expect(rows.find(([name]) => name === 'Stage')).toEqual(['Stage', 'MQA', 'MQA', false])
})
