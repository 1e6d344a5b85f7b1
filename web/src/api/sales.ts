// Reads of what sales works with, and what an act leaves stale.
import { type QueryClient, queryOptions } from '@tanstack/react-query'
import { client } from './client'

export const salesOptions = queryOptions({ queryKey: ['sales-options'], queryFn: ({ signal }) => client.salesOptions(signal), staleTime: 60_000 })
export const questions = (id: string) => queryOptions({ queryKey: ['questions', id], queryFn: ({ signal }) => client.questions(id, signal) })
export const opportunity = (id: string) => queryOptions({ queryKey: ['opportunity', id], queryFn: ({ signal }) => client.opportunity(id, signal) })

/** After an act: every read that may show what it changed. */
export const looksAgain = (queries: QueryClient) =>
  Promise.all(['list', 'stats', 'overview', 'contact', 'account', 'explain', 'timeline', 'opportunity', 'sales-options'].map((key) => queries.invalidateQueries({ queryKey: [key] })))
