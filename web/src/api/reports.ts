// Published reports: what they said then, and what they say now.
import { queryOptions } from '@tanstack/react-query'
import { client } from './client'
import type { components } from './schema'

type S = components['schemas']

export type Report = S['RestateReport']
export type Ask = S['RestateAsk']
export type NewReport = S['PublishInputBody']
export type Cause = S['RestateCause']
export type Line = S['RestateLine']
export type Restated = S['RestateRestated']
export type Restatement = S['Restatement']
/** A figure as it was published: a whole number of units of 10^-digits. */
export type Published = Omit<Line, 'now' | 'by'>
export type Frozen = Omit<S['RestateFrozen'], 'body'> & { body: { headline: Published[] } }

export const reports = queryOptions({ queryKey: ['reports'], queryFn: ({ signal }) => client.reports(signal) })
export const report = (id: string) => queryOptions({ queryKey: ['reports', id], queryFn: ({ signal }) => client.report(id, signal), staleTime: Infinity })

/** How many facts the log has more than the restatement knows of. */
export const behindBy = (x: Restatement | undefined) => (x?.restated ? Math.max(0, x.log_position - x.restated.position) : 0)

/** It is worked out in the background: asked again until it is done, and, more slowly, while the log is further than it. */
export const restatement = (id: string) =>
  queryOptions({
    queryKey: ['reports', id, 'restated'],
    queryFn: ({ signal }) => client.restatement(id, signal),
    refetchInterval: (q) => (q.state.data?.state === 'running' ? 700 : behindBy(q.state.data) > 0 ? 5_000 : false),
    staleTime: 30_000,
  })
