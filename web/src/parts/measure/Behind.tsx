// What stands behind a figure: the leads or the deals that it counts, the newest of them, each with the way to its facts.
import { Skeleton, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Params } from '../../api/client'
import { measurement } from '../../api/measure'
import { m } from '../../strings.measure'
import { day } from '../format'
import { To } from '../Links'
import { messageOf } from '../States'
import { minorMoney } from './figures'

const few = 12

/** params are the span's, with a channel or campaign; what no touch brought is asked for by its own word. */
export const behindChannel = (params: Params, channel: string, campaign?: string): Params => ({
  from: params.from,
  to: params.to,
  lead_by: params.lead_by,
  channel: channel || '(no touch)',
  campaign: campaign || undefined,
  limit: few,
})

export function BehindLeads({ params }: { params: Params }) {
  const query = useQuery(measurement('leads', { ...params, limit: few }))
  if (query.isError) return <Text className="bad">{messageOf(query.error)}</Text>
  const r = query.data?.report
  if (!r) return <Skeleton height={260} />
  const list = r.data ?? []
  return (
    <>
      <p className="hint">{m.behind.leads(list.length, r.total)}</p>
      <ul className="behind">
        {list.map((l) => (
          <li key={l.contact}>
            <To to="/contacts/$id" params={{ id: l.contact }} search={{}}>
              {l.name || l.contact}
            </To>
            <span>{[day(l.at), l.campaign, l.asset].filter(Boolean).join(' · ')}</span>
          </li>
        ))}
      </ul>
    </>
  )
}

export function BehindDeals({ params }: { params: Params }) {
  const query = useQuery(measurement('deals', { ...params, limit: few }))
  if (query.isError) return <Text className="bad">{messageOf(query.error)}</Text>
  const r = query.data?.report
  if (!r) return <Skeleton height={260} />
  const list = r.data ?? []
  return (
    <>
      <p className="hint">{m.behind.deals(list.length, r.total)}</p>
      <ul className="behind">
        {list.map((d) => (
          <li key={d.id}>
            <To to="/measure/journeys/$id" params={{ id: d.id }} search={{}}>
              {d.name || d.id}
            </To>
            <span>
              {[m.behind.statuses[d.status], d.amount ? minorMoney(d.amount.minor, d.amount.currency) : m.behind.noAmount, day(d.closed_at ?? d.opened_at), d.owner].filter(Boolean).join(' · ')}
              {(d.duplicates ?? []).length > 0 && <b className="warn"> {m.behind.twice}</b>}
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}
