// Dashboards and the notes on their days: the shapes, and how they are read.
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { client, type Params } from './client'
import type { components } from './schema'
import type { View } from './types'

type S = components['schemas']

export type Dashboard = S['DashboardDashboard']
export type Tile = S['DashboardTile']
export type Chart = S['DashboardChart']
export type Column = S['DashboardColumn']
export type Row = S['DashboardRow']
export type Cell = S['DashboardCell']
export type Annotation = S['DashboardAnnotation']
export type { View } from './types'

export const views = ['executive', 'channel', 'content', 'sales', 'abm'] as const satisfies readonly View[]

export const dashboard = (view: View, params: Params) =>
  queryOptions({ queryKey: ['dashboards', view, params], queryFn: ({ signal }) => client.dashboard(view, params, signal), placeholderData: keepPreviousData, staleTime: 30_000 })

/** The address of a table's export. */
export function tableAddress(view: View, table: string, format: 'csv' | 'ndjson', params: Params): string {
  const query = new URLSearchParams({ format })
  for (const [name, value] of Object.entries(params)) if (value !== undefined && value !== '') query.set(name, String(value))
  return `/api/v1/dashboards/${view}/tables/${table}?${query}`
}
