// Which channel earns its money: costs and results by channel and campaign, the state of campaign tags, and a test bench for links.
import { Button, TextInput, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { channelOf, type CostMonth, type CostRow, type Economics, type Figure, type Finding, measurement, type Total } from '../api/measure'
import { To } from '../parts/Links'
import { Empty, Failed } from '../parts/States'
import { count } from '../parts/format'
import { Pairs } from '../parts/Pairs'
import { FigureCard } from '../parts/measure/Figure'
import { figureText, major, minorMoney } from '../parts/measure/figures'
import { Choice, MeasurePage } from '../parts/measure/Page'
import { figureColumn, Sheet, type SheetColumn } from '../parts/measure/Sheet'
import { useSpan } from '../parts/measure/span'
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
  const idle = paid.filter((c) => c.customers === 0 && c.spend.minor > 0)
  return (
    m.channels.sentence(minorMoney(b.spend.minor, b.spend.currency), Math.round(b.leads), Math.round(b.customers)) +
    (best && paid.length > 1 ? m.channels.best(labelOf('channel', best.channel), figureText(best.cac)) : '') +
    (idle.length > 0 ? m.channels.idle(idle.length, minorMoney(idle.reduce((sum, c) => sum + c.spend.minor, 0), b.spend.currency)) : '') +
    '.'
  )
}

function Body({ e, old, lagged }: { e: Economics; old: boolean; lagged: boolean }) {
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
            <FigureCard key={f.key} f={f} id={`all/${f.key}`} label={label} />
          ))}
        </dl>
      </section>
      <Costs e={e} by="channel" old={old} lagged={lagged} />
      <Costs e={e} by="campaign" old={old} lagged={lagged} />
      <Hygiene />
      <Bench />
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
  const rows = (by === 'channel' ? e.channels : e.campaigns) ?? []
  return (
    <Sheet
      id={`${by}s`}
      title={by === 'channel' ? m.channels.byChannel : m.channels.byCampaign}
      columns={columns(by, lagged, e.blended)}
      rows={rows}
      rowKey={(r) => `${r.channel}/${r.campaign ?? ''}`}
      foot={e.blended}
      limit={by === 'channel' ? 20 : 12}
      old={old}
    />
  )
}

function columns(by: By, lagged: boolean, all: CostRow): SheetColumn<CostRow>[] {
  const channel = (r: CostRow) => (r === all ? m.all : labelOf('channel', r.channel))
  const campaign = (r: CostRow) => (r === all ? '' : labelOf('campaign', r.campaign ?? ''))
  const name = (r: CostRow) => (r === all || by === 'channel' ? channel(r) : `${campaign(r)}, ${channel(r)}`)
  const id = (r: CostRow) => (r === all ? 'all' : `${by}/${r.channel}/${r.campaign ?? ''}`)
  const figure = (key: string, head: string, of: (r: CostRow) => Figure, from?: SheetColumn<CostRow>['from']) => figureColumn(key, head, of, id, name, from)
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
    { key: 'spend', head: m.channels.spend, figure: true, cell: (r) => <Spend total={r.spend} />, csv: (r) => (r.spend.rows ? major(r.spend.minor, r.spend.currency) : null), sort: (r) => (r.spend.rows ? r.spend.minor : null) },
    results('leads', m.channels.leads, (r) => r.leads),
    figure('cpl', m.channels.cpl, (r) => r.cpl),
    results('mqls', m.channels.mqls, (r) => r.mqls),
    results('opportunities', m.channels.opportunities, (r) => r.opportunities),
    results('customers', m.channels.customers, (r) => r.customers),
    figure('cac', m.channels.cac, (r) => r.cac),
    ...(lagged ? [figure('lagged_cac', m.channels.laggedCac, (r: CostRow) => r.lagged_cac)] : []),
    trend('cpl_trend', m.channels.cplTrend, (r) => r.cpl_trend, (x) => x.cpl.value, id, name, 'xl'),
    trend('cac_trend', m.channels.trend, (r) => r.cac_trend, (x) => x.cac.value, id, name, 'sm'),
    figure('roi', m.channels.roi, (r) => r.roi),
    ...(lagged ? [figure('lagged_roi', m.channels.laggedRoi, (r: CostRow) => r.lagged_roi)] : []),
    { key: 'revenue', head: m.channels.revenue, figure: true, from: 'xl', cell: (r) => (r.customers ? minorMoney(r.revenue.minor, r.revenue.currency) : m.none), csv: (r) => major(r.revenue.minor, r.revenue.currency), sort: (r) => r.revenue.minor },
  ]
}

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

function results(key: string, head: string, of: (r: CostRow) => number): SheetColumn<CostRow> {
  return { key, head, figure: true, cell: (r) => tenth.format(of(r)), csv: of, sort: of }
}

// No cost recorded is not a cost of nothing; what has no rate stands in its own currency beside the rest.
function Spend({ total }: { total: Total }) {
  if (total.rows === 0) return <span title={m.channels.noCost}>{m.none}</span>
  return (
    <>
      {minorMoney(total.minor, total.currency)}
      {(total.unconverted ?? []).map((a) => (
        <span key={a.currency} className="two">
          + {minorMoney(a.minor, a.currency)}
        </span>
      ))}
    </>
  )
}

const tagsOf = (x: { source: string; medium: string; campaign: string }) => [x.source, x.medium, x.campaign].map((v) => v || m.none).join(' / ')

function Hygiene() {
  const { params } = useSpan()
  const query = useQuery(measurement('hygiene', params))
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />
  const found = query.data?.report ?? []
  const warnings = found.filter((f) => f.severity === 'warning').length
  const suggested = (f: Finding) => (f.suggest.source || f.suggest.medium || f.suggest.campaign ? tagsOf(f.suggest) : m.channels.away)
  const problem = (f: Finding) => m.channels.problems[f.problem] ?? f.problem
  const columns: SheetColumn<Finding>[] = [
    {
      key: 'problem',
      head: m.channels.problem,
      cell: (f) => (
        <span className="name">
          {problem(f)}
          <span className={f.severity === 'warning' ? 'two warn' : 'two'}>{m.channels.severities[f.severity] ?? f.severity}</span>
        </span>
      ),
      csv: [{ head: m.channels.problem, of: problem }, { head: m.channels.severities.warning!, of: (f) => (f.severity === 'warning' ? 1 : 0) }],
      sort: problem,
    },
    { key: 'visits', head: m.channels.visits, figure: true, cell: (f) => count(f.usage.count), csv: (f) => f.usage.count, sort: (f) => f.usage.count },
    {
      key: 'as',
      head: m.channels.as,
      cell: (f) => (
        <span className="name">
          {tagsOf(f.usage)}
          <span className="two">{f.group}</span>
        </span>
      ),
      csv: (f) => tagsOf(f.usage),
    },
    {
      key: 'should',
      head: m.channels.should,
      cell: (f) => (
        <span className="name">
          {suggested(f)}
          <span className="two">{f.then}</span>
        </span>
      ),
      csv: suggested,
    },
    {
      key: 'what',
      head: m.channels.what,
      cell: (f) => (
        <span className="words">
          {f.what} {f.fix}
        </span>
      ),
      csv: [{ head: m.channels.what, of: (f) => f.what }, { head: m.channels.fix, of: (f) => f.fix }],
    },
  ]
  if (query.isSuccess && found.length === 0) {
    return (
      <section aria-label={m.channels.hygiene}>
        <Title order={2}>{m.channels.hygiene}</Title>
        <p className="hint">{m.channels.hygieneNone}</p>
      </section>
    )
  }
  return <Sheet id="tags" title={m.channels.hygiene} hint={query.data && m.channels.hygieneSentence(warnings, found.length - warnings)} columns={columns} rows={found} rowKey={(f, i) => `${f.problem}${i}`} old={query.isPlaceholderData} />
}

// The visit that is tried stands in the URL, so that the answer can be sent to whoever made the link.
function Bench() {
  const { search } = useSpan()
  const navigate = useNavigate()
  const asked = { url: search.url, referrer: search.referrer }
  const some = !!(asked.url || asked.referrer)
  const query = useQuery({ ...channelOf(asked), enabled: some })
  const [url, setUrl] = useState(search.url ?? '')
  const [referrer, setReferrer] = useState(search.referrer ?? '')
  const submit = (e: FormEvent) => {
    e.preventDefault()
    void navigate({ to: '.', search: (s: Record<string, unknown>) => ({ ...s, url: url.trim() || undefined, referrer: referrer.trim() || undefined }), replace: true, resetScroll: false })
  }
  const x = some ? query.data : undefined
  return (
    <section aria-label={m.channels.bench} className="bench" data-noprint>
      <div>
        <Title order={2}>{m.channels.bench}</Title>
        <p className="hint">{m.channels.benchHint}</p>
      </div>
      <form onSubmit={submit}>
        <TextInput label={m.channels.url} value={url} onChange={(e) => setUrl(e.currentTarget.value)} placeholder={m.channels.urlPlaceholder} />
        <TextInput label={m.channels.referrer} value={referrer} onChange={(e) => setReferrer(e.currentTarget.value)} />
        <Button type="submit" variant="default">
          {m.channels.try}
        </Button>
      </form>
      {some && query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
      {x && (
        <div aria-live="polite">
          <Text mb="xs">{x.why}</Text>
          <Pairs
            title=""
            pairs={[
              [m.channels.own, x.internal ? m.channels.internal : x.own_channel || m.channels.noOwn],
              [m.channels.group, x.channel],
              [m.channels.sourceMedium, `${x.source} / ${x.medium}`],
              [m.dimensions.campaign!, x.campaign],
              [m.channels.clickId, x.click_id],
              [m.channels.siteKind, x.kind.replaceAll('_', ' ')],
            ]}
          />
        </div>
      )}
    </section>
  )
}
