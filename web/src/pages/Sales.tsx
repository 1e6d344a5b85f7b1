// How fast deals become money: velocity and what moved it, win rates and cycles, the quarter's forecast, and what customers became.
import { Skeleton, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { askAgain, type Change, type DealRow, type Figure as Measure, type ForecastReport, type ForecastRow, measurement, type Moment, type Pipeline, type Retention, type Sales as Report } from '../api/measure'
import { To } from '../parts/Links'
import { Empty, Failed } from '../parts/States'
import { count } from '../parts/format'
import { BehindDeals } from '../parts/measure/Behind'
import { Fall } from '../parts/measure/Fall'
import { Drill, FigureCard } from '../parts/measure/Figure'
import { figureText, intervalText, leftOutText, major, minorMoney, share, totalText, write } from '../parts/measure/figures'
import { Money } from '../parts/measure/Money'
import { Meanwhile } from '../parts/measure/Meanwhile'
import { Choice, MeasurePage } from '../parts/measure/Page'
import { BehindContracts, BehindForecast } from '../parts/measure/Rows'
import { figureColumn, Sheet, type SheetColumn } from '../parts/measure/Sheet'
import { useSpan } from '../parts/measure/span'
import { dayOf, labelOf, periodText } from '../parts/measure/words'
import { m } from '../strings.measure'
import { Term } from '../parts/Term'

export function Sales() {
  const { params } = useSpan()
  const query = useQuery({ ...measurement('sales', params), refetchInterval: (q) => askAgain(q.state.data?.reading || q.state.data?.report.forecast_pending) })
  return (
    <MeasurePage publish="sales" title={m.sales.title} query={query} sentence={sentence} period={(r) => periodText(r.period)} currency={(r) => r.total.won_total.currency}>
      {(r, old) => <Body r={r} old={old} />}
    </MeasurePage>
  )
}

const factorName = (key: string) => (m.sales as Record<string, unknown>)[key] as string | undefined

/** The answer: what the pipeline brings a day, what moved that most, and where the quarter is to end. */
export function sentence(r: Report): string {
  if (none(r)) return m.sales.empty
  const { velocity } = r.total.velocity
  const c = r.change
  let text = velocity.value === null ? m.sales.noVelocity(r.total.won, r.total.won + r.total.lost) : velocity.value === 0 && r.total.open === 0 ? m.sales.noneOpen : m.sales.sentence(figureText(velocity))
  if (velocity.value !== null && c.value !== null && c.value !== 0) {
    const most = [...(c.parts ?? [])].sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).find((p) => Math.sign(p.value) === Math.sign(c.value!))
    text += m.sales.was(c.value > 0 ? m.sales.moved.up : m.sales.moved.down, write(Math.abs(c.value), { key: c.key, unit: c.unit, currency: c.currency }))
    if (most) text += m.sales.mostly((factorName(most.name) ?? most.name).toLowerCase())
  }
  const expected = r.forecast.expected
  const i = expected.interval
  if (expected.value !== null) text += m.sales.quarter(figureText(expected), i && i.low !== i.high ? m.figure.level(share(i.level), intervalText(expected)) : '') // of nothing open there is nothing to be sure of
  return text + '.'
}

const none = (r: Report) => r.total.open + r.total.won + r.total.lost === 0 && r.forecast.expected.n === 0

function Body({ r, old }: { r: Report; old: boolean }) {
  if (none(r)) {
    return (
      <Empty
        title={m.sales.empty}
        hint={m.sales.emptyHint}
        action={
          <To to="/data/imports" search={{}}>
            {m.sales.importDeals}
          </To>
        }
      />
    )
  }
  const v = r.total.velocity
  const cards: [string, Measure][] = [
    [m.sales.velocity, v.velocity],
    [m.sales.open_opportunities, v.opportunities],
    [m.sales.average_deal, v.average_deal],
    [m.sales.win_rate, v.win_rate],
    [m.sales.cycle_won_mean, v.cycle_days],
  ]
  return (
    <>
      <section aria-label={m.sales.factors}>
        <Title order={2}>{m.sales.factors}</Title>
        <p className="hint">{m.sales.formula}</p>
        <dl className="cards">
          {cards.map(([label, f]) => (
            <FigureCard key={label} f={{ ...f, left_out: [...(f.left_out ?? []), ...(r.left_out ?? [])] }} id={`all/${f.key}`} label={label} behind={<Deals of={f.key} />} />
          ))}
        </dl>
      </section>
      <VelocityMoved c={r.change} />
      <Split r={r} old={old} />
      <Forecast f={r.forecast} pending={!!r.forecast_pending} then={r.forecast_earlier} old={old} />
      <Customers r={r} />
    </>
  )
}

// The deals that a figure is of: those closed in the period, or open ones.
const statuses: Record<string, ('won' | 'lost' | 'open')[]> = { velocity: ['won', 'open'], open_opportunities: ['open'], win_rate: ['won', 'lost'] }

function Deals({ of }: { of: string }) {
  const { params } = useSpan()
  return (
    <>
      {(statuses[of] ?? ['won']).map((status) => (
        <BehindDeals key={status} params={{ from: params.from, to: params.to, status }} />
      ))}
    </>
  )
}

function VelocityMoved({ c }: { c: Change }) {
  const of = { key: c.key, unit: c.unit, currency: c.currency }
  return (
    <section aria-label={m.sales.change}>
      <Title order={2}><Term name="moved">{m.sales.change}</Term></Title>
      {c.before !== null && c.after !== null && <p className="hint">{m.sales.changeHint(write(c.before, of), write(c.after, of))}</p>}
      <Fall c={c} title={m.sales.change} name={(part) => factorName(part) ?? part} />
    </section>
  )
}

function Split({ r, old }: { r: Report; old: boolean }) {
  const { params, search } = useSpan()
  const dimensions = r.dimensions ?? []
  const dimension = dimensions.find((d) => d.name === search.by) ?? dimensions.find((d) => d.name === 'owner') ?? dimensions[0]
  if (!dimension) return null
  const order = [dimension, ...dimensions.filter((d) => d !== dimension)]
  // The first row of a dimension is that of all deals; the others are its labels.
  const [all, ...rows] = dimension.rows ?? []
  const name = (d: DealRow) => (d === all ? m.all : labelOf(dimension.name, d.label))
  const id = (d: DealRow) => (d === all ? `${dimension.name}/all` : `${dimension.name}/${d.label}`)
  const figure = (key: string, head: string, of: (d: DealRow) => Measure, from?: SheetColumn<DealRow>['from']) => figureColumn(key, head, of, id, name, from, (d) => behind(d, key === 'win_rate' ? ['won', 'lost'] : ['won']))
  const behind = (d: DealRow, list: readonly ('won' | 'lost' | 'standing')[]) => (
    <>
      {list.map((status) => (
        <BehindDeals key={status} params={{ from: params.from, to: params.to, status, ...(d !== all && { by: dimension.name, value: d.label }) }} />
      ))}
    </>
  )
  const counted = (key: 'open' | 'won' | 'lost', from?: SheetColumn<DealRow>['from']): SheetColumn<DealRow> => ({ key, head: m.sales[key], figure: true, ...(from && { from }), cell: (d) => (d[key] === 0 ? count(d[key]) : <Drill id={`${id(d)}/${key}`} label={`${m.sales[key]}, ${name(d)}: ${count(d[key])}`} behind={behind(d, [key === 'open' ? 'standing' : key])}>{count(d[key])}</Drill>), csv: (d) => d[key], sort: (d) => d[key] })
  const columns: SheetColumn<DealRow>[] = [
    { key: 'label', head: m.dimensions[dimension.name] ?? dimension.name, cell: (d) => <span className="name">{name(d)}</span>, csv: name, sort: name },
    counted('open'),
    counted('won'),
    counted('lost', 'sm'),
    { key: 'amount', head: m.sales.wonTotal, figure: true, from: 'md', cell: (d) => <Money total={d.won_total} />, csv: (d) => major(d.won_total.minor, d.won_total.currency), sort: (d) => d.won_total.minor },
    figure('win_rate', m.sales.win_rate, (d) => d.win_rate),
    { key: 'interval', head: m.figure.interval, figure: true, from: 'sm', cell: (d) => <span className="two">{d.win_rate.value === null ? m.none : intervalText(d.win_rate)}</span>, csv: [] },
    figure('average_deal', m.sales.average_deal, (d) => d.velocity.average_deal, 'md'),
    figure('cycle', m.sales.cycle, (d) => d.cycle.won_median, 'md'),
    figure('velocity', m.sales.velocity, (d) => d.velocity.velocity, 'lg'),
  ]
  return (
    <Sheet
      id="deals"
      title={m.sales.by}
      controls={<Choice name="by" label={m.split} choices={(search.by ? dimensions : order).map((d) => [d.name, `${m.split} ${(m.dimensions[d.name] ?? d.name).toLowerCase()}`] as const)} width={140} />}
      columns={columns}
      rows={rows}
      rowKey={(d) => d.label}
      {...(all && { foot: all })}
      old={old}
    />
  )
}

function Forecast({ f, pending, then, old }: { f: ForecastReport; pending: boolean; then: Moment | undefined; old: boolean }) {
  const behind = (s: ForecastRow) => <BehindForecast params={{ stage: s.stage || '(none)' }} />
  const won = <BehindDeals params={{ from: f.quarter.first, to: f.quarter.last, status: 'won' }} />
  const open = <BehindForecast params={{}} />
  const whats: Record<string, React.ReactNode> = { forecast: <>{won}{open}</>, forecast_open: open, on_target: <>{won}{open}</>, coverage: <>{won}{open}</>, forecast_not_yet: <BehindDeals params={{ from: f.pace.first, to: f.pace.last }} /> }
  const target = (
    <To to="/data/imports" search={{}} underline="always">
      {m.sales.setTarget}
    </To>
  )
  const cards: [string, Measure][] = [
    [m.sales.expected, f.expected],
    [m.sales.fromOpen, f.open],
    [m.sales.notYet, f.not_yet],
    [m.sales.onTarget, f.on_target],
    [m.sales.coverage, f.coverage],
  ]
  const name = (s: ForecastRow) => s.stage || m.sales.noStage
  const id = (s: ForecastRow) => `forecast/${s.stage}`
  const columns: SheetColumn<ForecastRow>[] = [
    { key: 'stage', head: m.sales.stage, cell: name, csv: name, sort: name },
    { key: 'deals', head: m.sales.deals, figure: true, cell: (s) => (s.deals === 0 ? count(0) : <Drill id={`${id(s)}/deals`} label={`${m.sales.deals}, ${name(s)}: ${count(s.deals)}`} behind={behind(s)}>{count(s.deals)}</Drill>), csv: (s) => s.deals, sort: (s) => s.deals },
    { key: 'amount', head: m.sales.amount, figure: true, cell: (s) => <Money total={s.amount} />, csv: (s) => major(s.amount.minor, s.amount.currency), sort: (s) => s.amount.minor },
    { ...figureColumn<NonNullable<typeof f.stages>[number]>('win_rate', m.sales.stageWinRate, (s) => s.win_rate, id, name, 'sm'), term: 'stageWinRate' },
    figureColumn('by_end', m.sales.byEnd, (s) => s.by_end, id, name, 'sm', behind),
    figureColumn('expected', m.sales.expected, (s) => s.expected, id, name, undefined, behind),
    { key: 'interval', head: m.figure.interval, figure: true, from: 'md', cell: (s) => <span className="two">{intervalText(s.expected)}</span>, csv: [] },
    { key: 'basis', head: m.sales.basis, from: 'md', cell: (s) => m.sales.bases[s.basis] ?? s.basis, csv: (s) => s.basis },
  ]
  return (
    <>
      <section aria-label={m.sales.forecast(dayOf(f.quarter.first), dayOf(f.quarter.last))}>
        <Title order={2} mb={6}>
          <Term name="expected">{m.sales.forecast(dayOf(f.quarter.first), dayOf(f.quarter.last))}</Term>
        </Title>
        <Meanwhile what={m.sales.expected} pending={pending} then={then} />
        <dl className="cards">
          <div className="card">
            <dt>{m.sales.wonSoFar}</dt>
            <dd>
              <span className="number">
                <Money total={f.won} />
              </span>
            </dd>
          </div>
          {cards.map(([label, x]) => (
            <FigureCard key={label} f={{ ...x, left_out: [...(x.left_out ?? []), ...(f.left_out ?? [])] }} id={`forecast/${x.key}`} label={label} note={x.undefined === 'not_asked' && target} behind={whats[x.key]} />
          ))}
        </dl>
      </section>
      {(f.stages ?? []).length > 0 && <Sheet id="stages" title={m.sales.byStage} columns={columns} rows={f.stages ?? []} rowKey={(s) => s.stage} old={old} />}
    </>
  )
}

function Customers({ r }: { r: Report }) {
  const { params } = useSpan()
  const query = useQuery(measurement('retention', params))
  const x = query.data?.report
  return (
    <>
      <section aria-label={m.sales.pipeline}>
        <Title order={2} mb={6}>
          {m.sales.pipeline}
        </Title>
        <dl className="cards">
          {(['new', 'expansion', 'referral'] as const).map((k) => (
            <PipelineCard key={k} name={k} label={m.sales.pipelines[k]!} p={r.pipeline[k]} />
          ))}
        </dl>
      </section>
      <section aria-label={m.sales.retention}>
        <Title order={2}>{m.sales.retention}</Title>
        {query.isError ? (
          <Failed error={query.error} retry={() => void query.refetch()} />
        ) : x && x.customers + x.new === 0 ? (
          <Empty
            title={m.sales.noContracts}
            hint={m.sales.noContractsHint}
            action={
              <To to="/data/imports" search={{}}>
                {m.sales.importContracts}
              </To>
            }
          />
        ) : x ? (
          <Retained x={x} />
        ) : (
          <Skeleton height={220} />
        )}
      </section>
    </>
  )
}

function PipelineCard({ name, label, p }: { name: string; label: string; p: Pipeline }) {
  return (
    <div className="card">
      <dt>{label}</dt>
      <dd>
        <span className="number">
          {p.deals === 0 ? (
            <Money total={p.amount} />
          ) : (
            <Drill id={`pipeline/${name}`} label={`${label}, ${m.attribution.deals(p.deals)}: ${totalText(p.amount)}`} behind={<BehindDeals params={{ pipeline: name }} />}>
              <Money total={p.amount} />
            </Drill>
          )}
        </span>
        <p className="hint">{[m.attribution.deals(p.deals), ...(p.left_out ?? []).map(leftOutText)].join(' · ')}</p>
      </dd>
    </div>
  )
}

const changes: Record<string, string> = { expansion: 'expansion', contraction: 'contraction', churned: 'churned', new_arr: 'new' }

function Retained({ x }: { x: Retention }) {
  const { params } = useSpan()
  const span = { from: params.from, to: params.to }
  const cards: [string, Measure][] = [
    [m.sales.nrr, x.nrr],
    [m.sales.grr, x.grr],
    [m.sales.logoChurn, x.logo_churn],
    [m.sales.arpa, x.arpa],
  ]
  return (
    <>
      <p className="hint">{m.sales.retentionHint(x.customers)}</p>
      <dl className="cards">
        {cards.map(([label, f]) => (
          <FigureCard key={label} f={{ ...f, left_out: f.left_out ?? x.left_out ?? [] }} id={`retention/${f.key}`} label={label} behind={<BehindContracts params={{ ...span, ...(f.key === 'logo_churn' && { change: 'churned' }) }} />} />
        ))}
      </dl>
      <dl className="pairs bridge">
        {(['start', 'expansion', 'contraction', 'churned', 'end', 'new_arr'] as const).map((k) => (
          <Pair key={k} name={m.sales.arr[k]!}>
            {x[k].rows === 0 ? (
              <Money total={x[k]} />
            ) : (
              <Drill id={`arr/${k}`} label={`${m.sales.arr[k]!}: ${minorMoney(x[k].minor, x[k].currency)}`} behind={<BehindContracts params={{ ...span, change: changes[k] }} />}>
                <Money total={x[k]} />
              </Drill>
            )}
          </Pair>
        ))}
      </dl>
    </>
  )
}

const Pair = ({ name, children }: { name: string; children: React.ReactNode }) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
)

