// The logic of the frame: the overview, and what stands around every page.
import { describe, expect, test } from 'vitest'
import type { Overview } from '../src/api/types'
import { newsOf, sentenceOf } from '../src/pages/Overview'
import { lasting } from '../src/parts/lasting'
import { barsOf } from '../src/parts/Weeks'

const at = '2026-03-10T12:00:00.000Z'
const now = new Date(at).getTime()
const changed: Overview['changed'] = { since: at, contacts: 0, accounts: 0, mql: 2, mqa: 0, accepted: 0, sql: 0, recycled: 0, opened: 1, won: 0, lost: 3 }
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
