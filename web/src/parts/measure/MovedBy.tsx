// Why a headline figure moved against the period before, channel by channel.
import { Group, Skeleton, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useDeferredValue } from 'react'
import { measurement } from '../../api/measure'
import { m } from '../../strings.measure'
import { Failed } from '../States'
import { Fall } from './Fall'
import { Choice } from './Page'
import { useSpan } from './span'
import { dayOf, labelOf, periodText } from './words'
import { Term } from '../Term'

export function MovedBy({ first = 'cpl' }: { first?: string }) {
  const { params, search } = useSpan(['lead_by'])
  const query = useQuery(measurement('changes', params))
  const x = useDeferredValue(query.data)?.report
  const changes = x?.changes ?? []
  const order = [...changes.filter((c) => c.key === first), ...changes.filter((c) => c.key !== first)]
  const c = changes.find((k) => k.key === search.moved) ?? order[0]
  const since = (x?.partial ?? []).find((k) => k.key === c?.key)?.since
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />
  return (
    <section aria-label={m.moved.title}>
      <Group justify="space-between" align="end" gap="xs" mb={4}>
        <div>
          <Title order={2}><Term name="moved">{m.moved.title}</Term></Title>
          <p className="hint">
            {x ? m.moved.hint(periodText(x.before)) : '\u00a0'}
            {since && <span className="warn">{m.moved.partial(dayOf(since))}</span>}
          </p>
        </div>
        {order.length > 0 && (
          <div data-noprint>
            <Choice name="moved" label={m.moved.label} choices={order.map((k) => [k.key, m.moved.figures[k.key] ?? k.key] as const)} width={130} />
          </div>
        )}
      </Group>
      {c ? <Fall c={c} title={m.moved.title} name={(part, effect) => (effect === 'mix' ? m.moved.mix(labelOf('channel', part)) : labelOf('channel', part))} /> : !x && <Skeleton height={300} />}
    </section>
  )
}
