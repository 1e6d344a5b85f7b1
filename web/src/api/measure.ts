// Measurements: the shapes of their reports and how they are read. Days and months are text: "2026-03-31", "2026-03".
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { client, type Params } from './client'
import type { components } from './schema'
import type { Time } from './types'

type S = components['schemas']

export type Period = S['MetricsPeriod']
export type Figure = S['MetricsFigure']
export type LeftOut = S['MetricsLeftOut']
export type Total = S['MetricsTotal']
export type Rated = S['MetricsRated']
export type Segment = S['MetricsSegment']
export type Point = S['MetricsPoint']
export type Cell = S['MetricsCell']
export type Cohort = S['MetricsCohort']
export type FunnelReport = S['MetricsFunnelReport']
export type Flow = S['MetricsFlow']
export type StageTime = S['MetricsStageTime']
export type Funnel = S['Funnel']
export type CostMonth = S['MetricsCostMonth']
export type CostRow = S['MetricsCostRow']
export type Economics = S['MetricsEconomics']
export type DealRow = S['MetricsDealRow']
export type Change = S['MetricsChange']
export type ForecastReport = S['MetricsForecastReport']
export type ForecastRow = S['MetricsForecastRow']
export type Pipeline = S['MetricsPipeline']
export type Sales = S['Sales']
export type Retention = S['MetricsRetentionReport']
export type Attribution = S['Attribution']
export type AttributionRow = S['AttributionRow']
export type Finding = S['Finding']
export type ChannelAnswer = S['Answer']
export type ChannelMonth = S['ChannelMonth']
export type ChannelRow = S['ChannelRow']
export type Channels = S['Channels']
export type SpendRow = S['SpendRow']
export type SpendReport = S['SpendReport']
export type TargetRow = S['TargetRow']
export type Targets = S['Targets']
export type Moved = S['Moved']
export type PlanRow = S['MetricsPlanRow']
export type Lever = S['MetricsLever']
export type RevenuePlan = S['RevenuePlan']
export type Behind<T> = { data: T[] | null; next_cursor: string; total: number }
export type LeadBehind = S['Lead']
export type EpisodeBehind = S['EpisodeRow']
export type CreditBehind = S['CreditRow']
export type DealBehind = S['DealRow']
export type StayBehind = S['StayRow']
export type CostBehind = S['CostRow']
export type VisitBehind = S['VisitRow']
export type ChanceBehind = S['ChanceRow']
export type ContractBehind = S['ContractRow']
export type Amount = S['MetricsAmount']
export type Moment = S['Moment']
export type Journey = S['Journey']
export type JourneyTouch = S['JourneyTouch']
export type Retag = S['Retag']
export type Review = S['ReviewChannelReview']
export type ReviewRow = S['ReviewRow']
export type Returns = S['ReviewReturns']
export type MixRow = S['ReviewMixRow']
export type Concentration = S['ReviewConcentration']
export type Scenario = S['ReviewScenario']

/** How long until a page asks again for what is still worked out, in milliseconds; false: nothing is. */
export const askAgain = (pending: boolean | undefined) => (pending ? 2_000 : false)

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
  episodes: Behind<EpisodeBehind>
  'attribution/deals': Behind<CreditBehind> & { unit: number; sum: number | null }
  stays: Behind<StayBehind>
  costs: Behind<CostBehind> & { sum: Total }
  visits: Behind<VisitBehind> & { visits: number }
  'forecast/deals': Behind<ChanceBehind> & { sum: Amount }
  contracts: Behind<ContractBehind> & { start: Amount; end: Amount }
  review: Review
  'review/scenario': Scenario
  [journey: `journeys/${string}`]: Journey
}

/** A report with the facts and the time that it is of. */
export type Measured<T> = { position: number; at: Time; playbook: string; reading: boolean; data_ended_at: Time; report: T }

export const measurement = <K extends keyof Reports>(what: K, params: Params) =>
  queryOptions({
    queryKey: ['measure', what, params],
    queryFn: ({ signal }) => client.measure(what, params, signal) as Promise<Measured<Reports[K]>>,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    refetchInterval: (q) => askAgain(q.state.data?.reading),
  })

export const channelOf = (visit: Params) =>
  queryOptions({ queryKey: ['channel', visit], queryFn: ({ signal }) => client.channelOf(visit, signal), placeholderData: keepPreviousData, staleTime: 60_000 })

export const retags = queryOptions({ queryKey: ['retags'], queryFn: ({ signal }) => client.retags(signal) })
