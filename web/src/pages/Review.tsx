// Once a quarter: what to do with each channel and why, what moving spend would do, whether the mix fits, and what hangs on one channel.
import { Button, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { measurement, type Review as Report, type ReviewRow } from '../api/measure'
import { BehindDeals, behindChannel, BehindLeads } from '../parts/measure/Behind'
import { major, minorMoney, said } from '../parts/measure/figures'
import { Choice, MeasurePage } from '../parts/measure/Page'
import { figureColumn, Sheet, type SheetColumn } from '../parts/measure/Sheet'
import { useSpan } from '../parts/measure/span'
import { periodText } from '../parts/measure/words'
import { count } from '../parts/format'
import { To } from '../parts/Links'
import { Hangs, Mix } from '../parts/review/Mix'
import { AllReturns, Spark } from '../parts/review/Returns'
import { Scenario } from '../parts/review/Scenario'
import { Reasons, Verdict, verdictText } from '../parts/review/Verdict'
import { Empty } from '../parts/States'
import { a } from '../strings.audit'
import { m } from '../strings.measure'
import { r } from '../strings.review'
import '../parts/review/review.css'

export function Review() {
  const { params } = useSpan(['lead_by'])
  const query = useQuery(measurement('review', params))
  return (
    <div className="review">
      <MeasurePage
        title={r.title}
        query={query}
        sentence={(x) => said(x.words)}
        period={(x) => periodText(x.period)}
        currency={(x) => x.channels?.[0]?.cost.spend.currency ?? ''}
        controls={
          <>
            <Choice name="lead_by" label={m.period.leadBy} choices={Object.entries(m.period.leadByChoices)} width={200} />
            <Button size="xs" variant="default" onClick={() => window.print()}>
              {a.print}
            </Button>
          </>
        }
      >
        {(x, old) => <Body x={x} old={old} />}
      </MeasurePage>
    </div>
  )
}

function Body({ x, old }: { x: Report; old: boolean }) {
  const { params } = useSpan(['lead_by'])
  const rows = x.channels ?? []
  if (rows.length === 0) {
    return (
      <Empty
        title={r.empty}
        hint={r.emptyHint}
        action={
          <To to="/data/imports" search={{}}>
            {r.importSpend}
          </To>
        }
      />
    )
  }
  const id = (c: ReviewRow) => `review/${c.channel}`
  const name = (c: ReviewRow) => c.channel
  const leads = (c: ReviewRow) => <BehindLeads params={behindChannel(params, c.channel)} />
  const deals = (c: ReviewRow) => <BehindDeals params={behindChannel(params, c.channel)} />
  const columns: SheetColumn<ReviewRow>[] = [
    {
      key: 'channel',
      head: r.channel,
      cell: (c) => (
        <span className="name">
          {c.channel}
          {r.roles[c.role] && <span className="two">{r.roles[c.role]}</span>}
        </span>
      ),
      csv: name,
      sort: name,
    },
    {
      key: 'verdict',
      head: r.verdict,
      cell: (c) => <Verdict x={c} rules={x.rules} />,
      sort: (c) => ['stop', 'fix', 'double', 'keep', 'too_early'].indexOf(c.verdict) * -1,
      csv: [{ head: r.verdict, of: (c) => c.verdict }, { head: r.confidence, of: (c) => c.confidence }, { head: r.rule, of: (c) => c.rule }, { head: r.reasons, of: (c) => (c.reasons ?? []).join(' ') }],
    },
    { key: 'spend', head: r.spend, figure: true, cell: (c) => (c.cost.spend.rows > 0 ? minorMoney(c.cost.spend.minor, c.cost.spend.currency) : m.none), csv: (c) => (c.cost.spend.rows > 0 ? major(c.cost.spend.minor, c.cost.spend.currency) : null), sort: (c) => c.cost.spend.minor },
    { key: 'leads', head: r.leads, figure: true, cell: (c) => (c.cost.untold_leads ? m.none : count(c.cost.leads)), csv: (c) => (c.cost.untold_leads ? null : c.cost.leads), sort: (c) => (c.cost.untold_leads ? null : c.cost.leads) },
    { key: 'opportunities', head: r.opportunities, figure: true, cell: (c) => (c.cost.untold ? m.none : count(c.cost.opportunities)), csv: (c) => (c.cost.untold ? null : c.cost.opportunities), sort: (c) => (c.cost.untold ? null : c.cost.opportunities) },
    figureColumn('cpl', r.cpl, (c) => c.cost.cpl, id, name, undefined, leads),
    figureColumn('quality', r.quality, (c) => c.quality, id, name, undefined, deals),
    figureColumn('cost', r.costPerOpportunity, (c) => c.cost.cost_per_opportunity, id, name, undefined, deals),
    figureColumn('lag', r.lag, (c) => c.lag, id, name),
    { key: 'returns', head: r.returns, cell: (c) => <Spark fit={c.returns} label={r.returnsOf(c.channel)} />, csv: [{ head: 'elasticity', of: (c) => c.returns.elasticity.value }] },
  ]
  return (
    <>
      <Sheet id="review" title={r.table} hint={<span data-noprint>{r.tableHint}</span>} columns={columns} rows={rows} rowKey={name} limit={25} old={old} />
      <section className="onpaper" aria-label={r.reasons}>
        <Title order={2}>{r.reasons}</Title>
        {rows.map((c) => (
          <div key={c.channel}>
            <Title order={3}>{`${c.channel}: ${verdictText(c)}`}</Title>
            <Reasons x={c} />
          </div>
        ))}
      </section>
      <Scenario x={x} />
      <AllReturns rows={rows} />
      <Mix mix={x.mix} old={old} />
      <Hangs x={x} old={old} />
    </>
  )
}
