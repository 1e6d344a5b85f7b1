// Two counts by week as bars side by side. Drawn by hand: a chart's library would cost more than the page.
import { Table, Text } from '@mantine/core'
import type { Overview } from '../api/types'
import { t } from '../strings'
import { f } from '../strings.frame'
import { count, day } from './format'

type Week = Overview['weeks'][number]
export type Bar = { week: number; of: 'mql' | 'mqa'; x: number; y: number; height: number }

const [step, high] = [20, 100]

/** The bars of weeks in a box of a hundred units' height, highest first filled; a count of 0 has none. */
export function barsOf(weeks: readonly Week[]): { bars: Bar[]; top: number } {
  const top = Math.max(1, ...weeks.flatMap((w) => [w.mql, w.mqa]))
  const bars = weeks.flatMap((w, i) =>
    (['mql', 'mqa'] as const)
      .filter((of) => w[of] > 0)
      .map((of) => {
        const height = (w[of] / top) * high
        return { week: i, of, x: i * step + (of === 'mql' ? 2 : 10), y: high - height, height }
      }),
  )
  return { bars, top }
}

const local = (from: string) => day(from + 'T12:00:00')

export function Weeks({ weeks }: { weeks: readonly Week[] }) {
  const { bars, top } = barsOf(weeks)
  const sum = (of: 'mql' | 'mqa') => weeks.reduce((n, w) => n + w[of], 0)
  const full = weeks.at(-2)
  const wide = weeks.length * step
  return (
    <figure className="drawn">
      <Text size="sm" component="figcaption" mb={4}>
        {(['mql', 'mqa'] as const).map((of) => (
          <span key={of} className="whole">
            <span className={`key ${of}`} aria-hidden="true" />
            {f.overview.trendOf(of === 'mql' ? t.stages.mql : t.mqa, sum(of), full?.[of] ?? 0)}
            <br />
          </span>
        ))}
      </Text>
      <svg className="weeks" viewBox={`0 0 ${wide} ${high}`} preserveAspectRatio="none" aria-hidden="true">
        <line x1="0" x2={wide} y1="0" y2="0" />
        <line x1="0" x2={wide} y1={high / 2} y2={high / 2} />
        <line x1="0" x2={wide} y1={high} y2={high} />
        {bars.map((b) => (
          <rect key={`${b.week}${b.of}`} className={b.week === weeks.length - 1 ? `${b.of} running` : b.of} x={b.x} y={b.y} width="7" height={b.height} />
        ))}
        {weeks.map((w, i) => (
          <rect key={w.from} x={i * step} width={step} height={high} fill="transparent">
            <title>{f.overview.weekOf(local(w.from), w.mql, w.mqa)}</title>
          </rect>
        ))}
      </svg>
      <Text size="xs" c="dimmed" className="ends" component="div">
        <span>{weeks[0] && local(weeks[0].from)}</span>
        <span>{f.overview.top(count(top))}</span>
        <span>{weeks.at(-1) && local(weeks.at(-1)!.from)}</span>
      </Text>
      <details>
        <summary>{f.overview.asTable}</summary>
        <Table className="table" verticalSpacing={2} horizontalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{f.overview.week}</Table.Th>
              <Table.Th className="figure">{t.stages.mql}</Table.Th>
              <Table.Th className="figure">{t.mqa}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {[...weeks].reverse().map((w) => (
              <Table.Tr key={w.from}>
                <Table.Td>{local(w.from)}</Table.Td>
                <Table.Td className="figure">{count(w.mql)}</Table.Td>
                <Table.Td className="figure">{count(w.mqa)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </details>
    </figure>
  )
}
