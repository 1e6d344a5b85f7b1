// Measurements: the shapes of their reports and how they are read. Days and months come as text ("2026-03-31", "2026-03"), which the API's
// description calls numbers; that is narrowed here.
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { client, type Params } from './client'
import type { components } from './schema'
import type { Time } from './types'

type S = components['schemas']

export type Period = { first: string; last: string }
export type Figure = S['MetricsFigure']
export type LeftOut = S['MetricsLeftOut']
export type Total = S['MetricsTotal']
export type Rated = S['MetricsRated']
export type Segment = S['MetricsSegment']
export type Point = S['MetricsPoint']
export type Cell = S['MetricsCell']
export type Cohort = Omit<S['MetricsCohort'], 'month'> & { month: string }
export type FunnelReport = Omit<S['MetricsFunnelReport'], 'cohorts'> & { cohorts: Cohort[] | null }
export type Flow = S['MetricsFlow']
export type StageTime = S['MetricsStageTime']
export type Funnel = { period: Period; contacts: FunnelReport[] | null; accounts: FunnelReport[] | null; flows: Flow[] | null; stages: StageTime[] | null }
export type CostMonth = Omit<S['MetricsCostMonth'], 'month'> & { month: string }
export type CostRow = Omit<S['MetricsCostRow'], 'months'> & { months: CostMonth[] | null }
export type Economics = { blended: CostRow; channels: CostRow[] | null; campaigns: CostRow[] | null; left_out?: LeftOut[] | null }
export type DealRow = S['MetricsDealRow']
export type Change = S['MetricsChange']
export type ForecastReport = Omit<S['MetricsForecastReport'], 'quarter'> & { quarter: Period }
export type ForecastRow = S['MetricsForecastRow']
export type Pipeline = S['MetricsPipeline']
export type Sales = Omit<S['Sales'], 'period' | 'forecast'> & { period: Period; forecast: ForecastReport }
export type Retention = Omit<S['MetricsRetentionReport'], 'period'> & { period: Period }
export type Attribution = Omit<S['Attribution'], 'period'> & { period: Period }
export type AttributionRow = S['AttributionRow']
export type Finding = S['Finding']
export type ChannelAnswer = S['Answer']
export type ChannelMonth = S['ChannelMonth']
export type ChannelRow = S['ChannelRow']
export type Channels = { months: string[] | null; own: ChannelRow[] | null; groups: ChannelRow[] | null; total: ChannelRow }
export type SpendRow = S['SpendRow']
export type SpendReport = Omit<S['SpendReport'], 'period'> & { period: Period }
export type TargetRow = Omit<S['TargetRow'], 'period'> & { period: Period }
export type Targets = { period: Period; rows: TargetRow[] | null; left_out?: LeftOut[] | null }
export type Moved = { period: Period; before: Period; changes: Change[] | null }
export type PlanRow = Omit<S['MetricsPlanRow'], 'leads_by'> & { leads_by: string | null }
export type Lever = Omit<S['MetricsLever'], 'leads_by'> & { leads_by: string | null }
export type RevenuePlan = Omit<S['RevenuePlan'], 'rates' | 'won' | 'channels' | 'total' | 'levers'> & { rates: Period; won: Period; channels: PlanRow[] | null; total: PlanRow; levers: Lever[] | null }
export type Behind<T> = { data: T[] | null; next_cursor: string; total: number }
export type LeadBehind = S['Lead']
export type DealBehind = S['DealRow']
export type Journey = S['Journey']
export type JourneyTouch = S['JourneyTouch']
export type Retag = S['Retag']

/** The measurements, and what each reports. */
export type Reports = {
  funnel: Funnel
  conversion: FunnelReport
  economics: Economics
  sales: Sales
  retention: Retention
  attribution: Attribution
  hygiene: Finding[] | null
  channels: Channels
  spend: SpendReport
  targets: Targets
  changes: Moved
  plan: RevenuePlan
  leads: Behind<LeadBehind>
  deals: Behind<DealBehind>
  [journey: `journeys/${string}`]: Journey
}

/** A report with the facts and the time that it is of. */
export type Measured<T> = { position: number; at: Time; playbook: string; report: T }

export const measurement = <K extends keyof Reports>(what: K, params: Params) =>
  queryOptions({
    queryKey: ['measure', what, params],
    queryFn: ({ signal }) => client.measure(what, params, signal) as Promise<Measured<Reports[K]>>,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  })

export const channelOf = (visit: Params) =>
  queryOptions({ queryKey: ['channel', visit], queryFn: ({ signal }) => client.channelOf(visit, signal), placeholderData: keepPreviousData, staleTime: 60_000 })

export const retags = queryOptions({ queryKey: ['retags'], queryFn: ({ signal }) => client.retags(signal) })
