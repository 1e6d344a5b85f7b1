// A list's state is its URL: filters, sort and cursor. The cursors of the pages before stand in the history entry.
import { useNavigate, useRouterState, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'
import type { Params } from '../api/client'

export type Search = Record<string, string | undefined>

export const pageSize = 50

declare module '@tanstack/react-router' {
  interface HistoryState {
    trail?: string[]
  }
}

/** Filters and sort of a list as the API takes them. */
export function listParams(search: Search, names: readonly string[], defaults: Params = {}): Params {
  const params: Params = { ...defaults, limit: pageSize }
  for (const name of [...names, 'sort', 'cursor']) {
    if (search[name]) params[name] = search[name]
  }
  return params
}

/** The search after a filter or the sort has changed: back on the first page; an empty value leaves the URL. */
export function withValue(search: Search, name: string, value: string): Search {
  const next: Search = { ...search, [name]: value || undefined }
  delete next.cursor
  return next
}

export function useListing() {
  const search = useSearch({ strict: false }) as Search
  const trail = useRouterState({ select: (s) => s.location.state.trail })
  const navigate = useNavigate()
  const go = useCallback(
    (next: Search, options: { replace?: boolean; trail?: string[] } = {}) =>
      void navigate({ to: '.', search: next, replace: options.replace ?? false, state: options.trail ? { trail: options.trail } : {} }),
    [navigate],
  )
  return {
    search,
    /** Number of the page, unknown when its address was opened directly. */
    page: search.cursor ? (trail ? trail.length + 1 : undefined) : 1,
    set: (name: string, value: string) => go(withValue(search, name, value), { replace: name !== 'sort' }),
    /** Another choice of columns: the same rows, the same page. */
    arrange: (columns: string) => go({ ...search, columns: columns || undefined }, { replace: true, ...(trail && { trail }) }),
    clear: (names: readonly string[]) => go(names.reduce((s, n) => withValue(s, n, ''), search)),
    next: (cursor: string) => go({ ...search, cursor }, { trail: [...(trail ?? []), search.cursor ?? ''] }),
    previous: () => go({ ...search, cursor: trail?.at(-1) || undefined }, { trail: trail?.slice(0, -1) ?? [] }),
  }
}
