// A conversion curve: the share converted by each day since entering, with its interval, the benchmark, and what the rate would be if nothing
// ended otherwise. The same stands beside it as a table.
import { Table, Text, Title } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { type PointerEvent, useState } from 'react'
import type { FunnelReport, Point } from '../../api/measure'
import { m } from '../../strings.measure'
import { count } from '../format'
import { share } from './figures'
import { path } from './Trend'

const height = 220
const margin = { left: 40, right: 12, top: 10, bottom: 28 }

/** Where the curve stands on a day: its last step up to then. */
export function at(curve: readonly Point[], day: number): Point | undefined {
  let found: Point | undefined
  for (const p of curve) {
    if (p.day > day) break
    found = p
  }
  return found
}

/** The outline of steps: from each point across to the day of the next, then up to it. */
export function steps(curve: readonly Point[], of: (p: Point) => number, last: number): [number, number][] {
  const out: [number, number][] = [[0, 0]]
  for (const p of curve) {
    out.push([p.day, out.at(-1)![1]], [p.day, of(p)])
  }
  out.push([last, out.at(-1)![1]])
  return out
}

/** Three to seven round marks from 0 to the first at or above a share. */
export function marks(top: number): number[] {
  const step = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25].find((s) => top / s <= 5) ?? 0.25
  return Array.from({ length: Math.ceil(top / step - 1e-9) + 1 }, (_, i) => i * step)
}

export function CurveChart({ report, title, horizon }: { report: FunnelReport; title: string; horizon: number }) {
  const { ref, width } = useElementSize()
  const [hover, setHover] = useState<number>()
  const curve = (report.curve ?? []).filter((p) => p.day <= Math.max(horizon, 180))
  const band = report.total.rate.band
  if (curve.length === 0) return null
  const last = Math.max(horizon, curve.at(-1)!.day)
  const most = Math.min(1, Math.max(0.02, ...curve.map((p) => Math.max(p.high, p.kaplan_meier, p.ended)), band?.high ?? 0))
  const grid = marks(most)
  const top = grid.at(-1)!
  const x = (day: number) => margin.left + (day / last) * Math.max(width - margin.left - margin.right, 1)
  const y = (v: number) => margin.top + (1 - Math.min(v, top) / top) * (height - margin.top - margin.bottom)
  const line = (of: (p: Point) => number) => path(steps(curve, of, last).map(([d, v]) => [x(d), y(v)]))
  const area = path([...steps(curve, (p) => p.high, last), ...steps(curve, (p) => p.low, last).reverse()].map(([d, v]) => [x(d), y(v)])) + 'Z'
  const shown = hover === undefined ? Math.min(horizon, last) : hover
  const here = at(curve, shown)
  const move = (e: PointerEvent<SVGSVGElement>) => {
    const box = e.currentTarget.getBoundingClientRect()
    setHover(Math.min(last, Math.max(0, Math.round(((e.clientX - box.left - margin.left) / (box.width - margin.left - margin.right)) * last))))
  }
  return (
    <section aria-label={title}>
      <Title order={2}>{title}</Title>
      <p className="hint">{here ? m.funnel.curveAt(shown, share(here.rate), m.figure.between(share(here.low), share(here.high)), count(here.at_risk)) : '\u00a0'}</p>
      <div ref={ref}>
        <svg className="chart" height={height} role="img" aria-label={title} onPointerMove={move} onPointerLeave={() => setHover(undefined)}>
          {grid.map((v) => (
            <g key={v}>
              <line className="grid" x1={margin.left} x2={x(last)} y1={y(v)} y2={y(v)} />
              <text x={margin.left - 6} y={y(v) + 4} textAnchor="end">
                {share(v)}
              </text>
            </g>
          ))}
          {band && <rect className="goal" x={margin.left} width={Math.max(0, x(last) - margin.left)} y={y(band.high ?? top)} height={Math.max(0, y(band.low ?? 0) - y(band.high ?? top))} />}
          <path className="area" d={area} />
          <path className="third" d={line((p) => p.ended)} />
          <path className="second" d={line((p) => p.kaplan_meier)} />
          <path className="line" d={line((p) => p.rate)} />
          <line className="mark" x1={x(shown)} x2={x(shown)} y1={margin.top} y2={height - margin.bottom} />
          {days(last).map((d) => (
            <text key={d} x={x(d)} y={height - margin.bottom + 15} textAnchor="middle">
              {d}
            </text>
          ))}
          <text x={x(last)} y={height - 1} textAnchor="end">
            {m.funnel.curveAxis}
          </text>
        </svg>
      </div>
      <ul className="legend">
        <Key name="line">{m.funnel.curveRate}</Key>
        <Key name="second">{m.funnel.curveKM}</Key>
        <Key name="third">{m.funnel.curveEnded}</Key>
        {band && <Key name="goal">{`${m.funnel.curveBand} ${m.figure.between(share(band.low ?? 0), share(band.high ?? 1))}`}</Key>}
      </ul>
      <details data-noprint>
        <summary>
          <Text span size="sm" c="dimmed">
            {m.funnel.curveTable}
          </Text>
        </summary>
        <CurveTable curve={curve} last={last} />
      </details>
    </section>
  )
}

const days = (last: number) => Array.from({ length: Math.floor(last / 30) + 1 }, (_, i) => i * 30).filter((_, i, all) => all.length < 10 || i % 2 === 0)

const Key = ({ name, children }: { name: string; children: string }) => (
  <li>
    <svg className="chart" aria-hidden="true">
      {name === 'goal' ? <rect className="goal" width="22" height="8" /> : <line className={name} x1="0" x2="22" y1="4" y2="4" />}
    </svg>
    {children}
  </li>
)

function CurveTable({ curve, last }: { curve: readonly Point[]; last: number }) {
  const rows = [7, 14, 30, 60, 90, 120, 180].filter((d) => d <= last)
  return (
    <Table className="table" verticalSpacing={3} w="auto">
      <Table.Thead>
        <Table.Tr>
          {[m.funnel.day, m.funnel.rate, m.figure.interval, m.funnel.curveKM, m.funnel.ended, m.funnel.atRisk].map((h) => (
            <Table.Th key={h} className="figure">
              {h}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((d) => {
          const p = at(curve, d)
          return (
            <Table.Tr key={d}>
              <Table.Td className="figure">{d}</Table.Td>
              <Table.Td className="figure">{share(p?.rate ?? 0)}</Table.Td>
              <Table.Td className="figure">{p ? m.figure.between(share(p.low), share(p.high)) : m.none}</Table.Td>
              <Table.Td className="figure">{share(p?.kaplan_meier ?? 0)}</Table.Td>
              <Table.Td className="figure">{share(p?.ended ?? 0)}</Table.Td>
              <Table.Td className="figure">{p ? count(p.at_risk) : m.none}</Table.Td>
            </Table.Tr>
          )
        })}
      </Table.Tbody>
    </Table>
  )
}
