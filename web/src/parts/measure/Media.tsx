// What was spent on what, and what it reached; and where platforms and tags don't speak of the same.
import { Skeleton, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useDeferredValue } from 'react'
import { measurement, type SpendReport, type SpendRow } from '../../api/measure'
import { m } from '../../strings.measure'
import { count } from '../format'
import { Failed } from '../States'
import { Drill } from './Figure'
import { major, minorMoney } from './figures'
import { Money } from './Money'
import { Choice } from './Page'
import { BehindCosts } from './Rows'
import { figureColumn, Sheet, type SheetColumn } from './Sheet'
import { useSpan } from './span'
import { Correct } from './Tags'
import { labelOf } from './words'

const bys = ['campaigns', 'platforms', 'categories', 'channels'] as const

export function Media() {
  const { params, search } = useSpan()
  const query = useQuery(measurement('spend', params))
  const x = useDeferredValue(query.data)?.report
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />
  if (!x) return <Skeleton height={300} />
  if (x.total.spend.rows === 0) return null
  const by = bys.find((b) => b === search.media) ?? 'campaigns'
  const name = (r: SpendRow) =>
    r === x.total
      ? m.all
      : by === 'campaigns'
        ? labelOf('campaign', r.campaign ?? '')
        : by === 'platforms'
          ? r.platform || m.media.noPlatform
          : by === 'categories'
            ? r.category || m.notKnown
            : labelOf('channel', r.channel ?? '')
  const id = (r: SpendRow) => `media/${r === x.total ? 'all' : [r.platform, r.channel, r.campaign, r.campaign_id, r.category].join('/')}`
  const of = (r: SpendRow) => ({
    from: params.from,
    to: params.to,
    ...(r !== x.total && by === 'categories' && { category: r.category }),
    ...(r !== x.total && by === 'platforms' && { platform: r.platform || '(none)' }),
    ...(r !== x.total && by === 'channels' && { channel: r.channel || '(none)' }),
    ...(r !== x.total && by === 'campaigns' && { channel: r.channel || '(none)', platform: r.platform || '(none)', campaign: r.campaign || '(none)', campaign_id: r.campaign_id || '(none)' }),
  })
  const counted = (key: 'impressions' | 'clicks' | 'leads', head: string): SheetColumn<SpendRow> => ({ key, head, figure: true, cell: (r) => (r[key] ? count(r[key]) : m.none), csv: (r) => r[key], sort: (r) => r[key] })
  const columns: SheetColumn<SpendRow>[] = [
    {
      key: 'what',
      head: m.media.what,
      cell: (r) => (
        <span className="name">
          {name(r)}
          {by === 'campaigns' && r !== x.total && <span className="two">{[r.platform, r.channel].filter(Boolean).join(', ')}</span>}
        </span>
      ),
      csv: name,
      sort: name,
    },
    { key: 'spend', head: m.channels.spend, figure: true, cell: (r) => (
        <Drill id={`${id(r)}/spend`} label={`${m.channels.spend}, ${name(r)}: ${minorMoney(r.spend.minor, r.spend.currency)}`} behind={<BehindCosts params={of(r)} />}>
          <Money total={r.spend} />
        </Drill>
      ), csv: (r) => major(r.spend.minor, r.spend.currency), sort: (r) => r.spend.minor },
    counted('impressions', m.media.impressions),
    counted('clicks', m.media.clicks),
    figureColumn('ctr', m.media.ctr, (r) => r.ctr, id, name),
    figureColumn('cpc', m.media.cpc, (r) => r.cpc, id, name),
    figureColumn('cpm', m.media.cpm, (r) => r.cpm, id, name),
    { ...counted('leads', m.media.platformLeads), from: 'md' },
  ]
  return (
    <>
      <Sheet
        id="media"
        title={m.media.title}
        controls={<Choice name="media" label={m.split} choices={bys.map((b) => [b, m.media.by[b]!] as const)} width={140} />}
        columns={columns}
        rows={x[by] ?? []}
        rowKey={(r, i) => `${id(r)}${i}`}
        foot={x.total}
        limit={12}
        old={query.isPlaceholderData}
      />
      <Unmatched u={x.unmatched} />
    </>
  )
}

const few = 8

function Unmatched({ u }: { u: SpendReport['unmatched'] }) {
  const [spend, visits] = [u.spend ?? [], u.visits ?? []]
  if (spend.length + visits.length === 0) return null
  return (
    <section aria-label={m.media.unmatched}>
      <Title order={3}>{m.media.unmatched}</Title>
      <p className="hint">{m.media.unmatchedHint}</p>
      <ul className="sentences">
        {spend.slice(0, few).map((s) => (
          <li key={`${s.platform}/${s.campaign}`}>
            {m.media.cost(labelOf('campaign', s.campaign), minorMoney(s.spend.minor, s.spend.currency), s.clicks)}
            {s.similar && m.media.similar(s.similar)} {s.retag && <Correct rule={s.retag} what={s.campaign} />}
          </li>
        ))}
        {visits.slice(0, few).map((v) => (
          <li key={`${v.source}/${v.medium}/${v.campaign}`}>{m.media.visit(`${v.source} / ${v.medium} / ${v.campaign || m.media.noTags}`, v.visits)}</li>
        ))}
      </ul>
    </section>
  )
}
