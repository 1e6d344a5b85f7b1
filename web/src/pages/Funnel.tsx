// Who becomes what, how surely and how fast: conversions of people and accounts, their curves and cohorts, and every passage between stages.
import { Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { askAgain, type Figure as Measure, type Flow, type Funnel as Report, type FunnelReport, measurement, type Sales, type Segment, type StageTime } from '../api/measure'
import type { Stage } from '../api/types'
import { To } from '../parts/Links'
import { Empty } from '../parts/States'
import { count } from '../parts/format'
import { BehindEpisodes } from '../parts/measure/Behind'
import { Cohorts } from '../parts/measure/Cohorts'
import { CurveChart } from '../parts/measure/Curve'
import { Drill, FigureCard, Figure } from '../parts/measure/Figure'
import { figureText, verdictOf } from '../parts/measure/figures'
import { Meanwhile } from '../parts/measure/Meanwhile'
import { Choice, MeasurePage } from '../parts/measure/Page'
import { BehindStays } from '../parts/measure/Rows'
import { figureColumn, Sheet, type SheetColumn } from '../parts/measure/Sheet'
import { useSpan } from '../parts/measure/span'
import { labelOf, periodText } from '../parts/measure/words'
import { stageName } from '../parts/words'
import { m } from '../strings.measure'
import { t } from '../strings'

const horizons = ['90', '30', '60', '180', '365'] as const

export function Funnel() {
  const { params, search } = useSpan(['horizon_days', 'lead_by'])
  const query = useQuery({ ...measurement('funnel', params), refetchInterval: (q) => askAgain(q.state.data?.reading || !!q.state.data?.report.earlier) })
  const sales = useQuery(measurement('sales', params))
  const horizon = Number(search.horizon_days) || 90
  return (
    <MeasurePage
      publish="funnel"
      title={m.funnel.title}
      query={query}
      sentence={(r) => sentence(r, horizon)}
      period={(r) => periodText(r.period)}
      currency={() => ''}
      controls={
        <>
          <Choice name="horizon_days" label={m.period.horizon} choices={horizons.map((h) => [h, `${m.period.horizon} ${m.period.days(Number(h))}`] as const)} width={190} />
          <Choice name="lead_by" label={m.period.leadBy} choices={Object.entries(m.period.leadByChoices)} width={200} />
        </>
      }
    >
      {(r, old) => <Body r={r} old={old} horizon={horizon} sales={sales.data?.report} />}
    </MeasurePage>
  )
}

/** The answer: how many leads, what they become, and how that stands to the benchmark. */
export function sentence(r: Report, horizon: number): string {
  const of = (key: string) => r.contacts?.find((c) => c.key === key)
  const leads = of('lead_to_mql')?.total
  if (!leads || leads.entered === 0) return m.funnel.empty
  const next = of('mql_to_opportunity')?.total.rate
  const verdict = next && verdictOf(next)
  const first = leads.rate.value === null ? m.funnel.noRate(leads.entered) : m.funnel.sentence(leads.entered, figureText(leads.rate), horizon)
  return [first, next && next.value !== null && m.funnel.next(figureText(next), verdict ? m.funnel.nextVerdict(verdict.long) : '')].filter(Boolean).join('; ') + '.'
}

const steps = (r: Report) => [...(r.contacts ?? []), ...(r.accounts ?? [])]

function Body({ r, old, horizon, sales }: { r: Report; old: boolean; horizon: number; sales: Sales | undefined }) {
  const { search } = useSpan()
  const all = steps(r)
  const chosen = all.find((s) => s.key === search.step) ?? all.find((s) => s.key === 'mql_to_opportunity')
  if (all.every((s) => s.total.entered === 0)) {
    return <Empty title={m.funnel.empty} hint={m.funnel.emptyHint} action={<To to="/data/imports" search={{}}>{t.overview.emptyImport}</To>} />
  }
  return (
    <>
      <Meanwhile what={m.funnel.title} pending={!!r.earlier} then={r.earlier} />
      {([['people', r.contacts], ['accounts', r.accounts]] as const).map(([who, reports]) => (
        <section key={who} aria-label={m.funnel[who]}>
          <Title order={2}>{m.funnel[who]}</Title>
          <Text className="hint" mb={6}>
            {m.funnel.within(horizon)}
          </Text>
          <dl className="cards roomy">
            {(reports ?? []).map((s) => (
              <StepCard key={s.key} s={s} current={s === chosen} winRate={s.key === 'opportunity_to_close' ? sales?.total.win_rate : undefined} />
            ))}
          </dl>
        </section>
      ))}
      {chosen && (
        <>
          <CurveChart report={chosen} title={m.funnel.curve(m.funnel.steps[chosen.key] ?? chosen.key)} horizon={horizon} />
          <Cohorts report={chosen} period={r.period} old={old} />
          <Split report={chosen} old={old} />
        </>
      )}
      <Flows flows={r.flows ?? []} old={old} />
      <Stages stages={r.stages ?? []} old={old} />
    </>
  )
}

function StepCard({ s, current, winRate }: { s: FunnelReport; current: boolean; winRate: Measure | undefined }) {
  const x = s.total
  const name = m.funnel.steps[s.key] ?? s.key
  const rows: [string, Measure][] = [
    ...(winRate ? [[m.funnel.winRate, winRate] as [string, Measure]] : []),
    [m.funnel.median, x.median],
    [m.funnel.kaplanMeier, x.kaplan_meier],
    [m.funnel.window, x.window],
  ]
  return (
    <FigureCard
      f={{ ...x.rate, left_out: s.left_out ?? [] }}
      id={s.key}
      label={name}
      behind={<Counts s={s} />}
      note={
        <>
          <Text size="xs" c="dimmed" component="p" m={0}>
            {m.funnel.counts(count(x.entered), count(x.converted), count(x.open))}
          </Text>
          <div className="more">
            {rows.map(([label, f]) => (
              <MoreRow key={label} label={label}>
                <Figure f={f} id={`${s.key}/${f.key}`} label={`${name}: ${label}`} bare />
              </MoreRow>
            ))}
          </div>
          <Text size="xs" component="p" m={0} mt={6} data-noprint>
            {current ? (
              <span>{m.funnel.looked}</span>
            ) : (
              <To to="." search={(before: Record<string, unknown>) => ({ ...before, step: s.key })} resetScroll={false} underline="always" aria-label={`${m.funnel.look}, ${name}`}>
                {m.funnel.look}
              </To>
            )}
          </Text>
        </>
      }
    />
  )
}

const MoreRow = ({ label, children }: { label: string; children: ReactNode }) => (
  <>
    <span>{label}</span>
    {children}
  </>
)

function Counts({ s }: { s: FunnelReport }) {
  const { params } = useSpan(['lead_by'])
  const span = { from: params.from, to: params.to, lead_by: params.lead_by }
  const x = s.total
  return (
    <>
      <ul>
        <li>{s.rule}</li>
        <li>{m.funnel.counts(count(x.entered), count(x.converted), count(x.open))}</li>
        <li>{`${m.funnel.ended}: ${count(x.ended_otherwise)}`}</li>
        <li>{`${m.funnel.skipped}: ${count(x.skipped)}`}</li>
        <li>{`${m.funnel.sideways(s.sideways)}, ${m.funnel.reentries(s.reentries)}`}</li>
      </ul>
      <BehindEpisodes params={{ ...span, step: s.key }} />
    </>
  )
}

function Split({ report, old }: { report: FunnelReport; old: boolean }) {
  const { params, search } = useSpan(['lead_by'])
  const dimensions = report.dimensions ?? []
  const dimension = dimensions.find((d) => d.name === search.by) ?? dimensions[0]
  if (!dimension) return <Text c="dimmed">{m.funnel.noSplit}</Text>
  const all: Segment = { ...report.total, label: m.all }
  const name = (s: Segment) => labelOf(dimension.name, s.label)
  const id = (s: Segment) => `${report.key}/${dimension.name}/${s.label}`
  const behind = (s: Segment, outcome = '') => (
    <BehindEpisodes params={{ from: params.from, to: params.to, lead_by: params.lead_by, step: report.key, outcome: outcome || undefined, ...(s !== all && { by: dimension.name, value: s.label }) }} />
  )
  const counted = (key: string, head: string, of: (s: Segment) => number, outcome: string, from?: SheetColumn<Segment>['from']): SheetColumn<Segment> => ({
    ...number(key, head, of, from),
    cell: (s) => (of(s) === 0 ? count(0) : <Drill id={`${id(s)}/${key}`} label={`${head}, ${name(s)}: ${count(of(s))}`} behind={behind(s, outcome)}>{count(of(s))}</Drill>),
  })
  const columns: SheetColumn<Segment>[] = [
    { key: 'label', head: m.dimensions[dimension.name] ?? dimension.name, cell: (s) => <span className="name">{name(s)}</span>, csv: name, sort: name },
    figureColumn('rate', m.funnel.rate, (s) => s.rate, id, name, undefined, (s) => behind(s)),
    { key: 'interval', head: m.figure.interval, figure: true, from: 'sm', cell: (s) => <Range f={s.rate} />, csv: [] },
    counted('entered', m.funnel.entered, (s) => s.entered, ''),
    counted('converted', m.funnel.converted, (s) => s.converted, 'converted'),
    counted('open', m.funnel.open, (s) => s.open, 'open', 'md'),
    counted('ended', m.funnel.ended, (s) => s.ended_otherwise, 'ended_otherwise', 'md'),
    number('skipped', m.funnel.skipped, (s) => s.skipped, 'lg'),
    figureColumn('median', m.funnel.median, (s) => s.median, id, name, 'sm', (s) => behind(s, 'converted')),
  ]
  return (
    <Sheet
      id="split"
      title={report.key === 'opportunity_to_close' ? m.funnel.splitDeals : m.funnel.splitBy}
      hint={m.funnel.steps[report.key]}
      controls={<Choice name="by" label={m.split} choices={dimensions.map((d) => [d.name, `${m.split} ${(m.dimensions[d.name] ?? d.name).toLowerCase()}`] as const)} width={140} />}
      columns={columns}
      rows={dimension.segments ?? []}
      rowKey={(s) => s.label}
      foot={all}
      old={old}
    />
  )
}

const Range = ({ f }: { f: Measure }) => <Text span size="sm" c="dimmed">{f.value === null ? m.none : rangeOf(f)}</Text>
const rangeOf = (f: Measure) => (f.interval ? m.figure.between(figureText({ ...f, value: f.interval.low }), figureText({ ...f, value: f.interval.high })) : m.none)

function number<T>(key: string, head: string, of: (row: T) => number, from?: SheetColumn<T>['from']): SheetColumn<T> {
  return { key, head, figure: true, ...(from && { from }), cell: (row) => count(of(row)), csv: of, sort: of }
}

const flowName = (f: Flow) => (f.first ? m.funnel.start : stageName(f.from as unknown as Stage))

function Flows({ flows, old }: { flows: Flow[]; old: boolean }) {
  const to = (f: Flow) => stageName(f.to as unknown as Stage)
  const id = (f: Flow) => `flow/${flowName(f)}/${to(f)}`
  const name = (f: Flow) => `${flowName(f)} – ${to(f)}`
  const behind = (f: Flow) => <BehindStays params={{ ...(!f.first && { stage: String(f.from) }), next: String(f.to) }} />
  const columns: SheetColumn<Flow>[] = [
    { key: 'from', head: m.funnel.from, cell: flowName, csv: flowName, sort: flowName },
    { key: 'to', head: m.funnel.to, cell: to, csv: to, sort: to },
    { key: 'kind', head: m.funnel.kind, cell: (f) => m.funnel.kinds[f.kind] ?? f.kind, csv: (f) => f.kind, sort: (f) => f.kind },
    { ...number<Flow>('count', m.funnel.count, (f) => f.count), cell: (f) => <Drill id={`${id(f)}/count`} label={`${name(f)}: ${count(f.count)}`} behind={behind(f)}>{count(f.count)}</Drill> },
    figureColumn('median', m.funnel.medianDays, (f) => f.median, id, name, undefined, behind),
  ]
  return <Sheet id="flows" term="flow" title={m.funnel.flows} hint={m.funnel.flowsHint} columns={columns} rows={flows} rowKey={(f) => `${f.first}${f.from}${f.to}`} old={old} />
}

function Stages({ stages, old }: { stages: StageTime[]; old: boolean }) {
  const name = (s: StageTime) => stageName(s.stage as unknown as Stage)
  const id = (s: StageTime) => `stay/${s.stage}`
  const behind = (s: StageTime, state?: 'inside' | 'left') => <BehindStays params={{ stage: String(s.stage), state }} />
  const stayed = (key: 'inside' | 'left', head: string, of: (s: StageTime) => number): SheetColumn<StageTime> => ({
    ...number(key, head, of),
    cell: (s) => (of(s) === 0 ? count(0) : <Drill id={`${id(s)}/${key}`} label={`${head}, ${name(s)}: ${count(of(s))}`} behind={behind(s, key)}>{count(of(s))}</Drill>),
  })
  const columns: SheetColumn<StageTime>[] = [
    { key: 'stage', head: t.columns.stage, cell: name, csv: name },
    stayed('inside', m.funnel.inside, (s) => s.inside),
    stayed('left', m.funnel.left, (s) => s.left),
    { ...figureColumn<StageTime>('median', m.funnel.stay, (s) => s.median, id, name, undefined, (s) => behind(s)), term: 'stay' },
    figureColumn('mean', m.funnel.meanStay, (s) => s.mean, id, name, undefined, (s) => behind(s, 'left')),
  ]
  return (
    <Stack>
      <Sheet id="stages" term="stage" title={m.funnel.time} columns={columns} rows={stages} rowKey={(s) => String(s.stage)} old={old} />
    </Stack>
  )
}
