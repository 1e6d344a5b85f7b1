// What came by each channel, month by month; shade repeats the number.
import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useDeferredValue } from 'react'
import type { Params } from '../../api/client'
import { type ChannelMonth, type ChannelRow, measurement, type Period, type Total } from '../../api/measure'
import { m } from '../../strings.measure'
import { count } from '../format'
import { Failed } from '../States'
import { BehindDeals, BehindLeads } from './Behind'
import { heat } from './Cohorts'
import { Drill } from './Figure'
import { major, minorMoney } from './figures'
import { Choice } from './Page'
import { Money } from './Money'
import { BehindCosts, BehindVisits } from './Rows'
import { Sheet, type SheetColumn } from './Sheet'
import { useSpan } from './span'
import { labelOf, monthOf } from './words'

type What = keyof ChannelMonth
const whats = ['leads', 'visits', 'people', 'mqls', 'opportunities', 'won', 'revenue', 'spend'] as const satisfies readonly What[]

/** A month's value of what is looked at, in minor units where it is money. */
export const valueOf = (x: ChannelMonth, what: What): number => {
  const v = x[what]
  return typeof v === 'number' ? v : v.minor
}

/** Whether there is anything of it: money without an exchange rate is some, and so are a cost and its refund. */
export const some = (x: ChannelMonth, what: What): boolean => {
  const v = x[what]
  return typeof v === 'number' ? v !== 0 : v.minor !== 0 || (v.unconverted ?? []).length > 0
}

/** The days of a month that lie within a period. */
export const inMonth = (month: string, p: Period): { from: string; to: string } => {
  const [year = 0, n = 1] = month.split('-').map(Number)
  const first = `${month}-01`
  const last = new Date(Date.UTC(year, n, 0)).toISOString().slice(0, 10)
  return { from: first < p.first ? p.first : first, to: last > p.last ? p.last : last }
}

/** The people, deals, costs or origins that a number counts. People who had a touch have none: they are counted once by each channel. */
function within(what: What, params: Params) {
  const place = { from: params.from, to: params.to, ...(params.by && { [String(params.by)]: params.value || '(none)' }) }
  if (what === 'leads') return <BehindLeads params={params} />
  if (what === 'mqls') return <BehindLeads params={{ ...params, stage: 'mql' }} />
  if (what === 'opportunities') return <BehindDeals params={params} />
  if (what === 'won' || what === 'revenue') return <BehindDeals params={{ ...params, status: 'won' }} />
  if (what === 'visits') return <BehindVisits params={place} />
  if (what === 'spend') return <BehindCosts params={place} />
  return null
}

export function Months() {
  const { params, search } = useSpan(['lead_by'])
  const query = useQuery(measurement('channels', params))
  const x = useDeferredValue(query.data)?.report
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />
  if (!x) return <Skeleton height={300} />
  const what: What = whats.find((w) => w === search.what) ?? 'leads'
  const rows = ((search.rows === 'groups' ? x.groups : x.own) ?? []).filter((r) => some(r.sum, what))
  const most = Math.max(0, ...rows.flatMap((r) => (r.months ?? []).map((y) => valueOf(y, what))))
  const isMoney = what === 'revenue' || what === 'spend'
  const shown = (y: ChannelMonth) => (isMoney ? <Money total={y[what] as Total} /> : text(y))
  const text = (y: ChannelMonth) => (isMoney ? minorMoney(valueOf(y, what), x.total.sum.spend.currency) : count(valueOf(y, what)))
  const plain = (y: ChannelMonth | undefined) => y && (isMoney ? major(valueOf(y, what), x.total.sum.spend.currency) : valueOf(y, what))
  const name = (r: ChannelRow) => (r === x.total ? m.all : labelOf('channel', r.channel))
  const columns: SheetColumn<ChannelRow>[] = [
    {
      key: 'channel',
      head: m.dimensions.channel!,
      cell: (r) => (
        <span className="name">
          {name(r)}
          {r.role && <span className="two">{m.months.roles[r.role] ?? r.role}</span>}
        </span>
      ),
      csv: name,
      sort: name,
    },
    { key: 'sum', head: m.months.sum, figure: true, cell: (r) => <b>{shown(r.sum)}</b>, csv: (r) => plain(r.sum), sort: (r) => valueOf(r.sum, what) },
    ...(x.months ?? []).map((month, i): SheetColumn<ChannelRow> => ({
      key: month,
      head: monthOf(month),
      figure: true,
      cell: (r) => {
        const y = r.months?.[i]
        if (!y || !some(y, what)) return m.none
        const look = { className: 'heat cell', style: { '--heat': r === x.total ? 0 : heat(Math.max(0, valueOf(y, what)), most) } as React.CSSProperties }
        const behind = within(what, { ...inMonth(month, x.period), lead_by: params.lead_by, ...(r !== x.total && { by: search.rows === 'groups' ? 'group' : 'channel', value: r.channel }) })
        if (!behind) return <span {...look}>{shown(y)}</span>
        return (
          <Drill {...look} id={`month/${r === x.total ? '' : r.channel}/${month}/${what}`} label={`${m.months.measures[what]}, ${name(r)}, ${monthOf(month)}: ${text(y)}`} behind={behind}>
            {shown(y)}
          </Drill>
        )
      },
      csv: (r) => plain(r.months?.[i]),
    })),
  ]
  return (
    <Sheet
      id="months"
      title={m.months.title}
      hint={m.months.hint}
      controls={
        <>
          <Choice name="what" label={m.months.measure} choices={whats.map((w) => [w, m.months.measures[w]!] as const)} width={130} />
          <Choice name="rows" label={m.split} choices={Object.entries(m.months.by)} width={165} />
        </>
      }
      columns={columns}
      rows={rows}
      rowKey={(r) => r.channel}
      foot={x.total}
      limit={25}
      old={query.isPlaceholderData}
    />
  )
}
