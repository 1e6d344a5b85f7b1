// Which channel earns its money: costs and results by channel and campaign, the state of campaign tags, and a test bench for links.
import { Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type CostMonth, type CostRow, type Economics, type Figure, measurement, type Total } from '../api/measure'
import type { Params } from '../api/client'
import { To } from '../parts/Links'
import { Below } from '../parts/Below'
import { Empty } from '../parts/States'
import { BehindDeals, behindChannel, BehindLeads } from '../parts/measure/Behind'
import { Bench } from '../parts/measure/Bench'
import { Drill, FigureCard } from '../parts/measure/Figure'
import { figureText, major, minorMoney } from '../parts/measure/figures'
import { Media } from '../parts/measure/Media'
import { Money } from '../parts/measure/Money'
import { Months } from '../parts/measure/Months'
import { MovedBy } from '../parts/measure/MovedBy'
import { Choice, MeasurePage } from '../parts/measure/Page'
import { BehindCosts } from '../parts/measure/Rows'
import { figureColumn, Sheet, type SheetColumn } from '../parts/measure/Sheet'
import { useSpan } from '../parts/measure/span'
import { Tags } from '../parts/measure/Tags'
import { Trend } from '../parts/measure/Trend'
import { labelOf, monthOf, periodText } from '../parts/measure/words'
import { locale } from '../strings'
import { m } from '../strings.measure'

const lags = ['0', '30', '60', '90', '180']
const margins = ['0.5', '0.6', '0.7', '0.75', '0.8', '0.85', '0.9']
const tenth = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })

export function Channels() {
  const { params, search } = useSpan(['lead_by', 'lag_days', 'gross_margin'])
  const query = useQuery(measurement('economics', params))
  return (
    <MeasurePage
      publish="economics"
      title={m.channels.title}
      query={query}
      sentence={sentence}
      period={(e) => (params.from && params.to ? periodText({ first: String(params.from), last: String(params.to) }) : monthsText(e.blended))}
      currency={(e) => e.blended.spend.currency}
      controls={
        <>
          <Choice name="lead_by" label={m.period.leadBy} choices={Object.entries(m.period.leadByChoices)} width={200} />
          <Choice name="lag_days" label={m.period.lag} choices={lags.map((d) => [d, `${m.period.lag}: ${d === '0' ? m.period.noLag : m.period.days(Number(d))}`] as const)} width={160} />
          <Choice name="gross_margin" label={m.period.margin} choices={[['', m.period.noMargin], ...margins.map((x) => [x, m.period.ofMargin(`${Math.round(Number(x) * 100)}%`)] as const)]} width={200} />
        </>
      }
    >
      {(e, old) => <Body e={e} old={old} lagged={!!search.lag_days} />}
    </MeasurePage>
  )
}

const nothing = (r: CostRow) => r.spend.rows + r.leads + r.mqls + r.sqls + r.opportunities + r.customers === 0
const monthsText = (r: CostRow) => {
  const months = r.months ?? []
  return months.length ? m.period.span(monthOf(months[0]!.month), monthOf(months.at(-1)!.month)) : ''
}

/** The answer: what the money brought, who brings a customer for least, and what has brought none. */
export function sentence(e: Economics): string {
  const b = e.blended
  if (nothing(b)) return m.channels.empty
  if (b.spend.rows === 0) return m.channels.noSpendSentence(Math.round(b.leads)) + '.'
  const paid = (e.channels ?? []).filter((c) => c.spend.rows > 0)
  const best = paid.filter((c) => c.cac.value !== null).sort((x, y) => x.cac.value! - y.cac.value!)[0]
  const idle = paid.filter((c) => c.customers === 0 && c.spend.minor > 0 && c.cac.undefined !== 'no_touches')
  const spent = minorMoney(b.spend.minor, b.spend.currency)
  if (b.cac.undefined === 'no_deals') return m.channels.noDealsSentence(spent, Math.round(b.leads)) + '.'
  if (b.customers > 0 && !(e.channels ?? []).some((c) => c.channel && c.customers > 0)) return m.channels.sentence(spent, Math.round(b.leads), Math.round(b.customers)) + m.channels.untouched + '.'
  return (
    m.channels.sentence(spent, Math.round(b.leads), Math.round(b.customers)) +
    (best && paid.length > 1 ? m.channels.best(labelOf('channel', best.channel), figureText(best.cac)) : '') +
    (idle.length > 0 ? m.channels.idle(idle.length, minorMoney(idle.reduce((sum, c) => sum + c.spend.minor, 0), b.spend.currency)) : '') +
    '.'
  )
}

function Body({ e, old, lagged }: { e: Economics; old: boolean; lagged: boolean }) {
  const { params } = useSpan(['lead_by'])
  const importSpend = (
    <To to="/data/imports" search={{}}>
      {m.channels.importSpend}
    </To>
  )
  if (nothing(e.blended)) {
    return (
      <>
        <Empty title={m.channels.empty} hint={m.channels.emptyHint} action={importSpend} />
        <Bench />
      </>
    )
  }
  return (
    <>
      {e.blended.spend.rows === 0 && <Empty title={m.channels.noSpend} hint={m.channels.noSpendHint} action={importSpend} />}
      <section aria-label={m.channels.blended}>
        <Title order={2} mb={6}>
          {m.channels.blended}
        </Title>
        <dl className="cards">
          {blended(e.blended, lagged).map(([label, f]) => (
            <FigureCard key={f.key} f={f} id={`all/${f.key}`} label={label} behind={behindOf(resultOf[f.key] ?? 'customers', { from: params.from, to: params.to, lead_by: params.lead_by })} />
          ))}
        </dl>
      </section>
      <Costs e={e} by="channel" old={old} lagged={lagged} />
      <Below>
        <Costs e={e} by="campaign" old={old} lagged={lagged} />
        <MovedBy />
        <Months />
        <Media />
        <Tags />
        <Bench />
      </Below>
    </>
  )
}

const blended = (b: CostRow, lagged: boolean): [string, Figure][] => [
  [m.channels.cpl, b.cpl],
  [m.channels.costPerMql, b.cost_per_mql],
  [m.channels.costPerOpportunity, b.cost_per_opportunity],
  [m.channels.cac, b.cac],
  ...(lagged ? [[m.channels.laggedCac, b.lagged_cac] as [string, Figure]] : []),
  [m.channels.roi, b.roi],
  ...(lagged ? [[m.channels.laggedRoi, b.lagged_roi] as [string, Figure]] : []),
  [m.channels.payback, b.payback],
  [m.channels.ltvToCac, b.ltv_to_cac],
]

type By = 'channel' | 'campaign'

function Costs({ e, by, old, lagged }: { e: Economics; by: By; old: boolean; lagged: boolean }) {
  const { params } = useSpan(['lead_by'])
  const rows = (by === 'channel' ? e.channels : e.campaigns) ?? []
  return (
    <Sheet
      id={`${by}s`}
      title={by === 'channel' ? m.channels.byChannel : m.channels.byCampaign}
      columns={columns(by, lagged, e.blended, params)}
      rows={rows}
      rowKey={(r) => `${r.channel}/${r.campaign ?? ''}`}
      foot={e.blended}
      limit={by === 'channel' ? 20 : 12}
      old={old}
    />
  )
}

function columns(by: By, lagged: boolean, all: CostRow, params: Params): SheetColumn<CostRow>[] {
  const channel = (r: CostRow) => (r === all ? m.all : labelOf('channel', r.channel))
  const campaign = (r: CostRow) => (r === all ? '' : labelOf('campaign', r.campaign ?? ''))
  const name = (r: CostRow) => (r === all || by === 'channel' ? channel(r) : `${campaign(r)}, ${channel(r)}`)
  const id = (r: CostRow) => (r === all ? `${by}/all` : `${by}/${r.channel}/${r.campaign ?? ''}`)
  const figure = (key: string, head: string, of: (r: CostRow) => Figure, from?: SheetColumn<CostRow>['from']) => figureColumn(key, head, of, id, name, from, (r) => {
      return behindOf(key === 'cpl' ? 'leads' : 'customers', row(r))
    })
  const row = (r: CostRow) => (r === all ? params : behindChannel(params, r.channel, r.campaign))
  const results = (key: Result, head: string, of: (r: CostRow) => number): SheetColumn<CostRow> => ({
    key,
    head,
    figure: true,
    cell: (r) => (untold(key, r) ? m.none : of(r) === 0 ? tenth.format(0) : <Drill id={`${id(r)}/${key}`} label={`${head}, ${name(r)}: ${tenth.format(of(r))}`} behind={behindOf(key, row(r))}>{tenth.format(of(r))}</Drill>),
    csv: (r) => (untold(key, r) ? null : of(r)),
    sort: (r) => (untold(key, r) ? null : of(r)),
  })
  return [
    {
      key: by,
      head: m.dimensions[by]!,
      cell: (r) => (
        <span className="name">
          {by === 'campaign' && r !== all ? campaign(r) : channel(r)}
          {by === 'campaign' && r !== all && <span className="two">{channel(r)}</span>}
        </span>
      ),
      csv: by === 'channel' ? channel : [{ head: m.dimensions.campaign!, of: (r) => (r === all ? m.all : (r.campaign ?? '')) }, { head: m.dimensions.channel!, of: (r) => (r === all ? m.all : r.channel) }],
      sort: name,
    },
    { key: 'spend', head: m.channels.spend, figure: true, cell: (r) => <Spend total={r.spend} label={`${m.channels.spend}, ${name(r)}`} id={`${id(r)}/spend`} params={r === all ? params : { from: params.from, to: params.to, channel: r.channel || '(none)', ...(by === 'campaign' && { campaign: r.campaign || '(none)' }) }} />, csv: (r) => (r.spend.rows ? major(r.spend.minor, r.spend.currency) : null), sort: (r) => (r.spend.rows ? r.spend.minor : null) },
    results('leads', m.channels.leads, (r) => r.leads),
    figure('cpl', m.channels.cpl, (r) => r.cpl),
    results('mqls', m.channels.mqls, (r) => r.mqls),
    results('opportunities', m.channels.opportunities, (r) => r.opportunities),
    results('customers', m.channels.customers, (r) => r.customers),
    figure('cac', m.channels.cac, (r) => r.cac),
    ...(lagged ? [figure('lagged_cac', m.channels.laggedCac, (r: CostRow) => r.lagged_cac)] : []),
    trend('cpl_trend', m.channels.cplTrend, (r) => r.cpl_trend, (x) => x.cpl.value, id, name, 'xxl'),
    trend('cac_trend', m.channels.trend, (r) => r.cac_trend, (x) => x.cac.value, id, name, 'xl'),
    figure('roi', m.channels.roi, (r) => r.roi),
    ...(lagged ? [figure('lagged_roi', m.channels.laggedRoi, (r: CostRow) => r.lagged_roi)] : []),
    { key: 'revenue', head: m.channels.revenue, figure: true, from: 'xxl', cell: (r) => (r.customers ? minorMoney(r.revenue.minor, r.revenue.currency) : m.none), csv: (r) => (r.untold ? null : major(r.revenue.minor, r.revenue.currency)), sort: (r) => (r.untold ? null : r.revenue.minor) },
  ]
}

/** Whether it isn't known how many came of the row's money. */
const untold = (key: Result, r: CostRow) => (key === 'opportunities' || key === 'customers' ? !!r.untold : !!r.untold_leads)

// The line of the months, and their slope where four of them have a value.
function trend(key: string, head: string, of: (r: CostRow) => Figure, month: (x: CostMonth) => number | null, id: (r: CostRow) => string, name: (r: CostRow) => string, from: SheetColumn<CostRow>['from']): SheetColumn<CostRow> {
  const slope = figureColumn(key, head, of, id, name, from)
  return {
    ...slope,
    figure: false,
    cell: (r) => (
      <>
        <Trend values={(r.months ?? []).map(month)} label={`${head}, ${name(r)}`} write={(v) => minorMoney(v, r.spend.currency)} />
        {of(r).value !== null && <span className="two">{slope.cell(r)}</span>}
      </>
    ),
  }
}

type Result = 'leads' | 'mqls' | 'opportunities' | 'customers'

/** The people or deals that a result counts. */
function behindOf(result: Result, params: Params) {
  if (result === 'leads') return <BehindLeads params={params} />
  if (result === 'mqls') return <BehindLeads params={{ ...params, stage: 'mql' }} />
  return <BehindDeals params={result === 'customers' ? { ...params, status: 'won' } : params} />
}

const resultOf: Record<string, Result> = { cpl: 'leads', cost_per_mql: 'mqls', cost_per_opportunity: 'opportunities' }

// No cost recorded is not a cost of nothing.
function Spend({ total, label, id, params }: { total: Total; label: string; id: string; params: Params }) {
  if (total.rows === 0) return <span title={m.channels.noCost}>{m.none}</span>
  const { from, to, channel, campaign } = params
  return (
    <Drill id={id} label={`${label}: ${minorMoney(total.minor, total.currency)}`} behind={<BehindCosts params={{ from, to, channel, campaign }} />}>
      <Money total={total} />
    </Drill>
  )
}
