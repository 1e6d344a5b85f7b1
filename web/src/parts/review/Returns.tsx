// How leads went with spend, month by month: as small as a word in a table, and as a chart with its fit.
import { Table, Text, Title } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import type { Returns as Fit, ReviewRow } from '../../api/measure'
import { r } from '../../strings.review'
import { m } from '../../strings.measure'
import { count } from '../format'
import { minorMoney } from '../measure/figures'
import { path } from '../measure/Trend'
import { monthOf } from '../measure/words'
import { type Box, marks, scales } from './returns'
import { Term } from '../Term'

const small: Box = { left: 2, top: 2, right: 94, bottom: 24 }

/** The months as dots and the fit as a line, in a table's cell. */
export function Spark({ fit, label }: { fit: Fit; label: string }) {
  const points = fit.points ?? []
  if (points.length < 2) return <>{m.none}</>
  const s = scales(fit, small)
  return (
    <svg className="trend" viewBox="0 0 96 26" role="img" aria-label={`${label}. ${fit.words}`}>
      <line className="base" x1={small.left} x2={small.right} y1={small.bottom} y2={small.bottom} />
      {(fit.curve ?? []).length > 0 && <path d={path(fit.curve!.map((c) => [s.x(c.spend), s.y(c.leads)]))} />}
      {points.map((p) => (
        <circle key={p.month} cx={s.x(p.spend)} cy={s.y(p.leads)} r="1.6" />
      ))}
    </svg>
  )
}

const height = 190

/** One channel's chart; its title is the answer. */
export function ReturnsChart({ row }: { row: ReviewRow }) {
  const { ref, width } = useElementSize()
  const fit = row.returns
  const points = fit.points ?? []
  const curve = fit.curve ?? []
  const currency = row.cost.spend.currency
  const box: Box = { left: 40, top: 8, right: Math.max(width - 12, 60), bottom: height - 34 }
  const s = scales(fit, box)
  const title = r.fitted(row.channel, fit.words)
  const money = marks(s.spend).filter((_, i, all) => all.length < 5 || width > 380 || i % 2 === 0)
  const area = path([...curve.map((c) => [s.x(c.spend), s.y(c.high)] as const), ...[...curve].reverse().map((c) => [s.x(c.spend), s.y(c.low)] as const)])
  return (
    <figure className="returns">
      <figcaption>
        <Title order={3}>{title}</Title>
      </figcaption>
      <div ref={ref}>
        <svg className="chart" height={height} role="img" aria-label={title}>
          {marks(s.leads).map((v) => (
            <g key={v}>
              <line className="grid" x1={box.left} x2={box.right} y1={s.y(v)} y2={s.y(v)} />
              <text x={box.left - 6} y={s.y(v) + 4} textAnchor="end">
                {count(v)}
              </text>
            </g>
          ))}
          {money.map((v) => (
            <text key={v} x={s.x(v)} y={box.bottom + 15} textAnchor={v === s.spend ? 'end' : 'middle'}>
              {minorMoney(v, currency)}
            </text>
          ))}
          {curve.length > 0 && (
            <>
              <path className="area" d={area + 'Z'} />
              <path className="line" d={path(curve.map((c) => [s.x(c.spend), s.y(c.leads)]))} />
            </>
          )}
          {points.map((p) => (
            <circle key={p.month} className="dot" cx={s.x(p.spend)} cy={s.y(p.leads)} r="3.5">
              <title>{`${monthOf(p.month)}: ${minorMoney(p.spend, currency)}, ${count(p.leads)} ${r.leads.toLowerCase()}`}</title>
            </circle>
          ))}
          <text x={box.right} y={height - 3} textAnchor="end">
            {r.axisSpend}
          </text>
          <text x={box.left + 4} y={box.top + 8}>
            {r.axisLeads}
          </text>
        </svg>
      </div>
      <details data-noprint>
        <summary>
          <Text span size="sm" c="dimmed">
            {r.asTable}
          </Text>
        </summary>
        <Table className="table" verticalSpacing={3} w="auto">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{r.month}</Table.Th>
              <Table.Th className="figure">{r.spend}</Table.Th>
              <Table.Th className="figure">{r.leads}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {points.map((p) => (
              <Table.Tr key={p.month}>
                <Table.Td>{monthOf(p.month)}</Table.Td>
                <Table.Td className="figure">{minorMoney(p.spend, currency)}</Table.Td>
                <Table.Td className="figure">{count(p.leads)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </details>
    </figure>
  )
}

/** The channels whose returns can be told, each as a chart; of the others, why not. */
export function AllReturns({ rows }: { rows: readonly ReviewRow[] }) {
  const paid = rows.filter((x) => x.cost.spend.minor > 0)
  const told = paid.filter((x) => (x.returns.curve ?? []).length > 0)
  const title = r.diminish(told.length)
  const why = new Map<string, string[]>()
  for (const x of paid) if (!told.includes(x)) why.set(x.returns.words, [...(why.get(x.returns.words) ?? []), x.channel])
  if (paid.length === 0) return null
  return (
    <section aria-label={title}>
      <Title order={2}><Term name="returns">{title}</Term></Title>
      {told.length > 0 && <p className="hint">{r.diminishHint}</p>}
      <div className="charts">
        {told.map((x) => (
          <ReturnsChart key={x.channel} row={x} />
        ))}
      </div>
      <ul className="sentences">
        {[...why].map(([words, names]) => (
          <li key={words}>{r.untold(names, words)}</li>
        ))}
      </ul>
    </section>
  )
}
