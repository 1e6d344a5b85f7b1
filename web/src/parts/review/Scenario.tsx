// What moving spend from one channel to another would do in a quarter. The move stands in the URL; it begins with the one that the review suggests.
import { Group, Skeleton, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type Figure, measurement, type Review } from '../../api/measure'
import { ApiError } from '../../api/client'
import { r } from '../../strings.review'
import { Failed } from '../States'
import { FigureCard } from '../measure/Figure'
import { intervalText, said, share } from '../measure/figures'
import { Choice } from '../measure/Page'
import { useSpan } from '../measure/span'
import { Term } from '../Term'

const shares = ['0.2', '0.05', '0.1', '0.3', '0.5', '0.75', '1']

/** The channels that a move can be of: those with spend, the suggested first. */
export function candidates(x: Review): { from: string[]; to: string[] } {
  const paid = (x.channels ?? []).filter((c) => c.cost.spend.minor > 0)
  const able = [...paid.filter((c) => c.cost.leads > 0), ...paid.filter((c) => c.cost.leads <= 0)].map((c) => c.channel)
  const first = (name: string | undefined) => (name ? [name, ...able.filter((c) => c !== name)] : able)
  const from = first(x.suggested?.from)
  return { from, to: first(x.suggested?.to ?? from[1]) }
}

export function Scenario({ x }: { x: Review }) {
  const { params, search } = useSpan(['lead_by'])
  const { from: givers, to: takers } = candidates(x)
  const from = search.from_channel ?? givers[0] ?? ''
  const to = search.to_channel ?? takers[0] ?? ''
  const part = Number(search.share) > 0 && Number(search.share) <= 1 ? String(search.share) : shares[0]!
  const able = givers.length > 1
  const query = useQuery({ ...measurement('review/scenario', { ...params, from_channel: from, to_channel: to, share: part }), enabled: able })
  const title = able ? r.scenario(share(Number(part)), from, to) : r.scenarioLabel
  const s = query.data?.report
  const cannot = query.error instanceof ApiError && query.error.status === 422 ? query.error.message : ''
  return (
    <section aria-label={r.scenarioLabel}>
      <Title order={2}><Term name="scenario">{title}</Term></Title>
      {!able && <p className="hint">{r.few}</p>}
      {able && (
        <Group gap="xs" my={6} data-noprint>
          <Text size="sm">{r.move}</Text>
          <Choice name="share" label={r.share} choices={[...new Set([...shares, part])].map((v) => [v, share(Number(v))] as const)} width={80} />
          <Text size="sm">{r.of}</Text>
          <Choice name="from_channel" label={r.from} choices={givers.map((c) => [c, c] as const)} width={170} />
          <Text size="sm">{r.to}</Text>
          <Choice name="to_channel" label={r.target} choices={takers.map((c) => [c, c] as const)} width={170} />
        </Group>
      )}
      {able && query.isPending && <Skeleton height={190} />}
      {cannot && (
        <p className="hint" role="status">
          {cannot}
        </p>
      )}
      {query.isError && !cannot && <Failed error={query.error} retry={() => void query.refetch()} />}
      {s && !query.isError && (
        <div data-old={query.isPlaceholderData || undefined} className="scenario">
          <p role="status">{said(s.words)}</p>
          <dl className="cards roomy">
            <FigureCard f={s.moved} id="scenario/moved" label={r.moved} />
            {([['leads', r.moreLeads], ['opportunities', r.moreOpportunities], ['revenue', r.moreRevenue]] as const).map(([key, label]) => (
              <FigureCard key={key} f={s[key]} id={`scenario/${key}`} label={label} note={<Whisker f={s[key]} label={label} />} />
            ))}
          </dl>
          <details className="assumed">
            <summary>{r.assumed}</summary>
            <ul className="sentences">
              {(s.assumptions ?? []).map((words) => (
                <li key={words}>{said(words)}</li>
              ))}
            </ul>
          </details>
        </div>
      )}
    </section>
  )
}

/** Where the middle 95% of the draws lie, about no change. */
function Whisker({ f, label }: { f: Figure; label: string }) {
  const [low, high] = [f.interval?.low ?? null, f.interval?.high ?? null]
  if (f.value === null || low === null || high === null) return null
  const far = Math.max(Math.abs(low), Math.abs(high)) || 1
  const at = (v: number) => 50 + (v / far) * 48
  return (
    <svg className="whisker" viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label={`${label}: ${intervalText(f)}`}>
      <line className="zero" x1="50" x2="50" y1="0" y2="12" />
      <rect className="span" x={at(low)} y="4" width={Math.max(at(high) - at(low), 0.5)} height="4" />
      <rect className="median" x={at(f.value) - 0.6} y="1" width="1.2" height="10" />
    </svg>
  )
}
