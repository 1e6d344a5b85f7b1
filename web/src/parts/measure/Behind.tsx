// What stands behind a figure: the leads or the deals that it counts, the newest of them, each with the way to its facts.
import { Skeleton, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Params } from '../../api/client'
import { type EpisodeBehind, measurement } from '../../api/measure'
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

const outcome = (x: EpisodeBehind) => `${m.behind.outcomes[x.outcome] ?? x.outcome} ${x.outcome === 'open' ? m.behind.since(x.days) : m.behind.after(x.days)}`

/** Who entered a stage, and what became of it; params are the span's with the conversion's key as step. */
export function BehindEpisodes({ params }: { params: Params }) {
  const query = useQuery(measurement('episodes', { ...params, limit: few }))
  if (query.isError) return <Text className="bad">{messageOf(query.error)}</Text>
  const r = query.data?.report
  if (!r) return <Skeleton height={260} />
  const list = r.data ?? []
  return (
    <>
      <p className="hint">{m.behind.entries(list.length, r.total)}</p>
      <ul className="behind">
        {list.map((x) => (
          <li key={x.id + x.entered_at}>
            <Entered id={x.id} name={x.name || x.id} />
            <span>{[day(x.entered_at), outcome(x)].join(' · ')}</span>
          </li>
        ))}
      </ul>
    </>
  )
}

function Entered({ id, name }: { id: string; name: string }) {
  if (id.startsWith('acc_')) return <To to="/accounts/$id" params={{ id }} search={{}}>{name}</To>
  if (id.startsWith('opp_')) return <To to="/measure/journeys/$id" params={{ id }} search={{}}>{name}</To>
  return <To to="/contacts/$id" params={{ id }} search={{}}>{name}</To>
}

/** The deals that a credit of a model is of; params are the table's with value and model, text writes a credit. */
export function BehindCredit({ params, text }: { params: Params; text: (credit: number) => string }) {
  const query = useQuery(measurement('attribution/deals', { ...params, limit: few }))
  if (query.isError) return <Text className="bad">{messageOf(query.error)}</Text>
  const r = query.data?.report
  if (!r) return <Skeleton height={260} />
  const list = r.data ?? []
  return (
    <>
      <p className="hint">{r.sum === null ? m.behind.learned(list.length, r.total) : m.behind.credits(list.length, r.total, text(r.sum))}</p>
      <ul className="behind">
        {list.map((d) => (
          <li key={d.id}>
            <To to="/measure/journeys/$id" params={{ id: d.id }} search={{}}>
              {d.name || d.id}
            </To>
            <span>{[d.credit !== null && text(d.credit), m.behind.touches(d.touches, d.of_touches), m.behind.statuses[d.status], day(d.closed_at ?? d.opened_at), d.owner].filter(Boolean).join(' · ')}</span>
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
