// The span of days that a measurement is of. It stands in the URL: a name for one that moves with the days, or own dates.
import { useListing } from '../Listing'
import type { Search } from '../Listing'
import type { Params } from '../../api/client'

export const spans = ['quarter', 'last-quarter', 'year', 'custom'] as const
export type Span = (typeof spans)[number]

const iso = (year: number, month: number, date: number) => new Date(Date.UTC(year, month, date)).toISOString().slice(0, 10)

/** The first and last day of a named span, on a day of the caller's calendar. The year is the twelve months up to the day. */
export function daysOf(span: Exclude<Span, 'custom'>, today: Date): { from: string; to: string } {
  const [year, month, date] = [today.getFullYear(), today.getMonth(), today.getDate()]
  const quarter = month - (month % 3)
  switch (span) {
    case 'quarter':
      return { from: iso(year, quarter, 1), to: iso(year, month, date) }
    case 'last-quarter':
      return { from: iso(year, quarter - 3, 1), to: iso(year, quarter, 0) }
    case 'year':
      return { from: iso(year, month, date - 364), to: iso(year, month, date) }
  }
}

const aDay = /^\d{4}-\d{2}-\d{2}$/

/** The span that the URL asks for; what is no span or no day is as if it weren't there. */
export function spanOf(search: Search): Span {
  return (spans as readonly string[]).includes(search.period ?? '') ? (search.period as Span) : 'year'
}

/** What the API is asked with. The year is its default, by the workspace's own calendar. */
export function spanParams(search: Search, today: Date): Params {
  const span = spanOf(search)
  if (span === 'year') return {}
  if (span !== 'custom') return daysOf(span, today)
  return { from: aDay.test(search.from ?? '') ? search.from : undefined, to: aDay.test(search.to ?? '') ? search.to : undefined }
}

/** The chosen span, and of the other parameters those that are set. */
export function useSpan(names: readonly string[] = []) {
  const { search, set } = useListing()
  const params = spanParams(search, new Date())
  for (const name of names) if (search[name]) params[name] = search[name]
  return { search, set, params, span: spanOf(search) }
}
