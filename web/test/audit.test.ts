// What the audit's page makes of a report, without a browser.
import { describe, expect, test } from 'vitest'
import type { AuditReport } from '../src/api/types'
import { place, when } from '../src/pages/Audit'
import { a } from '../src/strings.audit'

const report = (as_of: string, now: string) => ({ as_of, now }) as AuditReport

describe('the day that an audit is of', () => {
  test('is today where the data reach it', () => expect(when(report('2026-06-30T10:00:00.000Z', '2026-06-30T12:00:00.000Z'))).toBe('As of Jun 30, 2026.'))
  test('is the last of the data where they ended long before', () =>
    expect(when(report('2017-12-31T12:00:00.000Z', '2026-06-30T12:00:00.000Z'))).toBe('The data end on Dec 31, 2017; everything here is as of that day.'))
})

test.each([
  [0, 0, 'No check fails.'],
  [1, 0, '1 check fails; it is not severe.'],
  [1, 1, '1 check fails; it is severe.'],
  [3, 0, '3 checks fail, none of them severe.'],
  [3, 2, '3 checks fail, 2 of them severe.'],
  [3, 3, '3 checks fail, all of them severe.'],
])('%i failed, %i severe', (failed, severe, words) => expect(a.sentence(failed, severe, 29, 29)).toBe(words))

test('of little that can be judged it does not say that nothing fails', () => {
  expect(a.sentence(0, 0, 3, 29)).toBe("The 3 checks that can be judged pass; 26 can't be judged yet.")
  expect(a.sentence(0, 0, 1, 29)).toBe("The one check that can be judged passes; 28 can't be judged yet.")
  expect(a.sentence(1, 0, 3, 29)).toBe('1 check fails; it is not severe.')
})

test('a link of the server becomes an address of the router', () => {
  expect(place('/opportunities?status=open')).toEqual({ to: '/opportunities', search: { status: 'open' } })
  expect(place('/audit')).toEqual({ to: '/audit', search: {} })
})
