// The rows behind figures that count no leads and no deals: people in stages, costs, visits, the deals of a forecast, customers.
import { Skeleton, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Params } from '../../api/client'
import { type Behind, measurement, type Reports } from '../../api/measure'
import { m } from '../../strings.measure'
import { day } from '../format'
import { To } from '../Links'
import { messageOf } from '../States'
import { stageName } from '../words'
import { minorMoney, share } from './figures'
import { Money } from './Money'
import { dayOf, labelOf } from './words'

const few = 12
type Listed = 'stays' | 'costs' | 'visits' | 'forecast/deals' | 'contracts'
type RowOf<K extends Listed> = NonNullable<Reports[K]['data']>[number]

function Rows<K extends Listed>({ what, params, head, row }: { what: K; params: Params; head: (r: Reports[K], shown: number) => ReactNode; row: (x: RowOf<K>) => ReactNode }) {
  const query = useQuery(measurement(what, { ...params, limit: few }))
  if (query.isError) return <Text className="bad">{messageOf(query.error)}</Text>
  const r = query.data?.report
  if (!r) return <Skeleton height={260} />
  const list = ((r as Behind<RowOf<K>>).data ?? []) as RowOf<K>[]
  return (
    <>
      <p className="hint">{head(r, list.length)}</p>
      <ul className="behind">
        {list.map((x, i) => (
          <li key={i}>{row(x)}</li>
        ))}
      </ul>
    </>
  )
}

const said = (...words: (string | false | undefined)[]) => <span>{words.filter(Boolean).join(' · ')}</span>

/** Who passed between two stages, or is or was in one; params are stage, next and state. */
export const BehindStays = ({ params }: { params: Params }) => (
  <Rows
    what="stays"
    params={params}
    head={(r, shown) => m.behind.newest(shown, r.total)}
    row={(x) => (
      <>
        <To to="/contacts/$id" params={{ id: x.contact }} search={{}}>
          {x.name || x.contact}
        </To>
        {said(day(x.left_at ?? x.entered_at), x.next && stageName(x.next as Parameters<typeof stageName>[0]), x.entered_at !== null && (x.left_at === null ? m.behind.since(x.days) : m.behind.after(x.days)))}
      </>
    )}
  />
)

/** The costs behind spend; params are the span's with channel, group, platform, campaign and category. */
export const BehindCosts = ({ params }: { params: Params }) => (
  <Rows
    what="costs"
    params={params}
    head={(r, shown) => (
      <>
        {m.behind.costs(shown, r.total, minorMoney(r.sum.minor, r.sum.currency))}
        {(r.sum.unconverted ?? []).length > 0 && (
          <>
            {' '}
            <Money total={r.sum} />
          </>
        )}
      </>
    )}
    row={(x) => (
      <>
        <b>{minorMoney(x.part.minor, x.part.currency)}</b>
        {said(
          x.first === x.last ? dayOf(x.first) : `${dayOf(x.first)} – ${dayOf(x.last)}`,
          labelOf('campaign', x.campaign),
          x.platform || x.category,
          x.part.minor !== x.amount.minor && m.behind.chance(minorMoney(x.part.minor, x.part.currency), minorMoney(x.amount.minor, x.amount.currency)),
          x.converted === null ? m.behind.noRate : x.converted.currency !== x.part.currency && minorMoney(x.converted.minor, x.converted.currency),
        )}
      </>
    )}
  />
)

/** Where visits came from; params are the span's with channel or group. */
export const BehindVisits = ({ params }: { params: Params }) => (
  <Rows
    what="visits"
    params={params}
    head={(r, shown) => m.behind.places(shown, r.total, r.visits)}
    row={(x) => (
      <>
        <b>
          {x.source} / {x.medium}
        </b>
        {said(m.behind.visits(x.visits), x.campaign, x.referrer, x.why)}
      </>
    )}
  />
)

/** The open deals of the quarter's forecast; params may have a stage. */
export const BehindForecast = ({ params }: { params: Params }) => (
  <Rows
    what="forecast/deals"
    params={params}
    head={(r, shown) => m.behind.chances(shown, r.total, minorMoney(r.sum.minor, r.sum.currency))}
    row={(x) => (
      <>
        <To to="/measure/journeys/$id" params={{ id: x.id }} search={{}}>
          {x.name || x.id}
        </To>
        {said(
          x.chance === null ? m.behind.noChance : m.behind.chance(share(x.chance), x.amount ? minorMoney(x.amount.minor, x.amount.currency) : m.behind.noAmount),
          x.stage,
          x.chance !== null && m.behind.age(x.age),
          x.owner,
        )}
      </>
    )}
  />
)

/** The customers behind NRR, GRR and churn; params are the span's with a change. */
export const BehindContracts = ({ params }: { params: Params }) => (
  <Rows
    what="contracts"
    params={params}
    head={(r, shown) => m.behind.customers(shown, r.total, minorMoney(r.start.minor, r.start.currency), minorMoney(r.end.minor, r.end.currency))}
    row={(x) => (
      <>
        <To to="/accounts/$id" params={{ id: x.account }} search={{}}>
          {x.name || x.account}
        </To>
        {said(m.behind.changes[x.change], `${minorMoney(x.start.minor, x.start.currency)} → ${minorMoney(x.end.minor, x.end.currency)}`)}
      </>
    )}
  />
)
