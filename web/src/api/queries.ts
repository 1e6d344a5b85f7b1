// Every read of the app, with its key and how long it stays fresh.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { ApiError, client, door, type List, type Params } from './client'
import { known } from './renewal'
import type { Event, MappingChoice, Page } from './types'

export const stats = queryOptions({ queryKey: ['stats'], queryFn: ({ signal }) => client.stats(signal), staleTime: 10_000 })

/** Whether the server can write: asked now and then, and often while it can't. */
export const health = queryOptions({
  queryKey: ['health'],
  queryFn: ({ signal }) => client.health(signal),
  refetchInterval: (q) => (q.state.data && q.state.data.writing !== 'ok' ? 5_000 : 60_000),
  retry: false,
})

export const overview = queryOptions({ queryKey: ['overview'], queryFn: ({ signal }) => client.overview(signal), staleTime: 10_000 })

export const listOf = <L extends List>(list: L, params: Params) =>
  queryOptions({ queryKey: ['list', list, params], queryFn: ({ signal }) => client.list(list, params, signal), placeholderData: keepPreviousData })

export const account = (id: string) => queryOptions({ queryKey: ['account', id], queryFn: ({ signal }) => client.account(id, signal) })
export const contact = (id: string) => queryOptions({ queryKey: ['contact', id], queryFn: ({ signal }) => client.contact(id, signal) })
/** The merges of which one consists today, newest first. */
export const mergesOf = (of: 'accounts' | 'contacts', id: string) => queryOptions({ queryKey: ['merges', of, id], queryFn: ({ signal }) => client.merges(of, id, signal) })
/** asOf: a past moment, else now. */
export const explanation = (who: string, asOf?: string) => queryOptions({ queryKey: ['explain', who, asOf], queryFn: ({ signal }) => client.explain(who, asOf, signal) })
export const playbook = (version: string) => queryOptions({ queryKey: ['playbook', version], queryFn: ({ signal }) => client.playbook(version, signal) })
export const rulings = queryOptions({ queryKey: ['rulings'], queryFn: ({ signal }) => client.rulings(signal) })
export const presets = queryOptions({ queryKey: ['presets'], queryFn: ({ signal }) => client.presets(signal), staleTime: Infinity })
export const playbookDiff = (from: string, to: string) => queryOptions({ queryKey: ['playbook-diff', from, to], queryFn: ({ signal }) => client.playbookDiff(from, to, signal), staleTime: Infinity })
export const keys = queryOptions({ queryKey: ['keys'], queryFn: ({ signal }) => client.keys(signal) })

/** It is worked out anew when facts came; each answer takes a while on large logs. */
export const audit = queryOptions({ queryKey: ['audit'], queryFn: ({ signal }) => client.audit(signal), staleTime: 60_000 })

// The docs are in the binary: they change with it, and a new one loads the app anew.
export const docs = queryOptions({ queryKey: ['docs'], queryFn: ({ signal }) => client.docs(signal), staleTime: Infinity })
export const doc = (name: string) => queryOptions({ queryKey: ['doc', name], queryFn: ({ signal }) => client.doc(name, signal), staleTime: Infinity })
export const docsFound = (q: string, limit: number) => queryOptions({ queryKey: ['docs-found', q, limit], queryFn: ({ signal }) => client.docsFound(q, limit, signal), staleTime: Infinity })

/** Who is signed in here. Asked again when the window comes back: another tab may have signed out, an admin changed the role. */
export const session = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }) => {
    const s = await client.session(signal)
    known(s.user)
    return s
  },
  staleTime: 30_000,
  retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status === 401),
})
export const setUpNeeded = queryOptions({ queryKey: ['set-up'], queryFn: ({ signal }) => door.setUpNeeded(signal) })
export const secondFactor = queryOptions({ queryKey: ['second-factor'], queryFn: ({ signal }) => client.secondFactor(signal) })
export const sessions = queryOptions({ queryKey: ['sessions'], queryFn: ({ signal }) => client.sessions(signal) })
/** Saved views of all pages: one's own and the team's. */
export const views = queryOptions({ queryKey: ['views'], queryFn: ({ signal }) => client.views(signal), staleTime: 60_000 })
export const factorDemand = queryOptions({ queryKey: ['factor-demand'], queryFn: ({ signal }) => client.factorDemand(signal) })
export const users = queryOptions({ queryKey: ['users'], queryFn: ({ signal }) => client.users(signal) })

export const timeline = (of: 'accounts' | 'contacts', id: string, until?: string) =>
  infiniteQueryOptions({
    queryKey: ['timeline', of, id, until],
    queryFn: ({ signal, pageParam }) => client.timeline(of, id, pageParam, until, signal),
    initialPageParam: '',
    getNextPageParam: (last: Page<Event>) => last.next_cursor || undefined,
  })

/** Files that wait to be imported, are being imported or were lately. */
export const uploads = queryOptions({ queryKey: ['uploads'], queryFn: ({ signal }) => client.uploads(signal) })
export const upload = (id: string) => queryOptions({ queryKey: ['upload', id], queryFn: ({ signal }) => client.upload(id, signal) })
export const importFields = queryOptions({ queryKey: ['import-fields'], queryFn: ({ signal }) => client.importFields(signal), staleTime: Infinity })
export const importMappings = queryOptions({ queryKey: ['import-mappings'], queryFn: ({ signal }) => client.importMappings(signal) })
/** How an upload is read by a choice; while another is being read the former stays. */
export const inspection = (id: string, choice: MappingChoice) =>
  queryOptions({ queryKey: ['inspection', id, choice], queryFn: ({ signal }) => client.inspectUpload(id, choice, signal), placeholderData: keepPreviousData, staleTime: 60_000 })
