// The one timeline: facts newest first, by day.
import { Button, Skeleton, Text, Title } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useDeferredValue } from 'react'
import { timeline } from '../api/queries'
import type { Event, Stage } from '../api/types'
import { To } from './Links'
import { t } from '../strings'
import { author, clock, money, weekday } from './format'
import { Empty, Failed } from './States'
import { Term } from './Term'
import { Ways } from './Ways'
import { Where } from './words'

/** Facts grouped by the day on which they happened, in the order given. */
export function byDay(events: readonly Event[]): { day: string; facts: Event[] }[] {
  const days: { day: string; facts: Event[] }[] = []
  for (const e of events) {
    const day = weekday(e.flags?.includes('undated') ? null : e.occurred_at)
    const last = days.at(-1)
    if (last?.day === day) last.facts.push(e)
    else days.push({ day, facts: [e] })
  }
  return days
}

/** until: a moment of the past after which nothing is shown. */
export function Timeline({ of, id, until }: { of: 'accounts' | 'contacts'; id: string; until?: string | undefined }) {
  const query = useInfiniteQuery(timeline(of, id, until))
  const data = useDeferredValue(query.data) // drawn a few milliseconds at a time
  const events = data?.pages.flatMap((p) => p.data) ?? []
  const sources = newSources(events)
  return (
    <section aria-label={t.timeline.title}>
      <Title order={2}><Term name="timeline">{t.timeline.title}</Term></Title>
      {query.isError && events.length === 0 && <Failed error={query.error} retry={() => void query.refetch()} />}
      {!data && !query.isError && <Skeleton height={480} mt="sm" />}
      {data && query.isSuccess && events.length === 0 && <Empty title={t.timeline.empty} hint={t.timeline.emptyHint} action={<Ways to={['snippet', 'import']} docs="collect" />} />}
      <ul className="timeline">
        {byDay(events).map((d) => (
          <li key={d.day + d.facts[0]?.position}>
            <div className="day">{d.day}</div>
            <ul className="timeline">
              {d.facts.map((e) => (
                <li className="fact" key={e.position}>
                  <time dateTime={e.occurred_at ?? ''}>{timed(e) && clock(e.occurred_at)}</time>
                  <Fact e={e} ofAccount={of === 'accounts'} source={sources.get(e.position)} />
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <Button size="xs" variant="default" mt="sm" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t.timeline.more}
        </Button>
      )}
    </section>
  )
}

/** Where a fact came from, for those whose source is not that of the fact above. */
export function newSources(events: readonly Event[]): Map<number, string> {
  return new Map(events.filter((e, i) => e.source !== '' && e.source !== events[i - 1]?.source).map((e) => [e.position, sourceText(e)]))
}

/** Where a fact came from: what its write key is called, or the key's id where there is no such key any more. */
export const sourceText = (e: { source: string; source_name: string }) => e.source_name || e.source.replace(/^key:/, '')

const records = ['opportunity', 'contact', 'account']

/** Whether a fact has a time of day: an undated one has none, and a record's midnight is how a file writes a day. */
export function timed(e: Pick<Event, 'kind' | 'occurred_at' | 'flags'>): boolean {
  if (e.flags?.includes('undated')) return false
  if (!records.includes(e.kind) || !e.occurred_at) return true
  const at = new Date(e.occurred_at)
  return at.getUTCHours() + at.getUTCMinutes() + at.getUTCSeconds() > 0 && at.getHours() + at.getMinutes() + at.getSeconds() > 0
}

/** What a record says of a deal: "GTX Pro (JJ2CLOLZ): Won, $4,445". */
function DealWords({ deal }: { deal: NonNullable<Event['deal']> }) {
  const says = [deal.stage || t.statuses[deal.status as keyof typeof t.statuses], Number(deal.amount) !== 0 && money(deal.amount, deal.currency)].filter(Boolean)
  return (
    <>
      <To to="/opportunities/$id" params={{ id: deal.id }} search={{}} underline="always">
        {deal.name || deal.product || t.timeline.kinds['opportunity']}
      </To>
      {says.length > 0 && <>: {says.join(', ')}</>}
    </>
  )
}

function Fact({ e, ofAccount, source }: { e: Event; ofAccount: boolean; source: string | undefined }) {
  return (
    <div className="wrap">
      {ofAccount && e.contact && (
        <>
          <To to="/contacts/$id" params={{ id: e.contact.id }} search={{}} underline="always">
            {e.contact.name || e.contact.id}
          </To>{' '}
        </>
      )}
      {e.deal ? <DealWords deal={e.deal} /> : factWords(e)}
      <Text span size="sm" c="dimmed">
        {[...(e.flags ?? []).map((f) => t.timeline.flags[f] ?? f), source && t.timeline.via(author(source))].filter(Boolean).map((s) => ` · ${s}`)}
      </Text>
    </div>
  )
}

/** A fact in words: "Saw Pricing /pricing", "Did Demo Requested", "Became MQL". whole: addresses with their hosts. */
export function factWords(e: Pick<Event, 'kind' | 'name' | 'place'>, whole = false) {
  const kind = t.timeline.kinds[e.kind] ?? e.kind
  if (e.kind === 'stage') {
    return (
      <>
        {kind} <b>{t.stages[e.name as Stage] ?? e.name}</b>
      </>
    )
  }
  return (
    <>
      {kind} {e.name && <b>{e.name}</b>} {e.place && (whole ? <span className="where">{e.place}</span> : <Where place={e.place} />)}
    </>
  )
}
