// Every read of the app, with its key and how long it stays fresh.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { client, type List, type Params } from './client'
import type { Event, Page } from './types'

export const stats = queryOptions({ queryKey: ['stats'], queryFn: ({ signal }) => client.stats(signal), staleTime: 10_000 })

export const listOf = <L extends List>(list: L, params: Params) =>
  queryOptions({ queryKey: ['list', list, params], queryFn: ({ signal }) => client.list(list, params, signal), placeholderData: keepPreviousData })

export const account = (id: string) => queryOptions({ queryKey: ['account', id], queryFn: ({ signal }) => client.account(id, signal) })
export const contact = (id: string) => queryOptions({ queryKey: ['contact', id], queryFn: ({ signal }) => client.contact(id, signal) })
export const explanation = (who: string) => queryOptions({ queryKey: ['explain', who], queryFn: ({ signal }) => client.explain(who, signal) })
export const playbook = (version: string) => queryOptions({ queryKey: ['playbook', version], queryFn: ({ signal }) => client.playbook(version, signal) })
export const rulings = queryOptions({ queryKey: ['rulings'], queryFn: ({ signal }) => client.rulings(signal) })
export const keys = queryOptions({ queryKey: ['keys'], queryFn: ({ signal }) => client.keys(signal) })

export const timeline = (of: 'accounts' | 'contacts', id: string) =>
  infiniteQueryOptions({
    queryKey: ['timeline', of, id],
    queryFn: ({ signal, pageParam }) => client.timeline(of, id, pageParam, signal),
    initialPageParam: '',
    getNextPageParam: (last: Page<Event>) => last.next_cursor || undefined,
  })
