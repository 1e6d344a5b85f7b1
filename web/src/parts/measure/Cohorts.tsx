// Cohorts: of those who entered in a month, how many had converted so many months later. Shade repeats the number; what is not complete says so.
import type { Cell, Cohort, FunnelReport, Period } from '../../api/measure'
import { m } from '../../strings.measure'
import { count } from '../format'
import { BehindEpisodes } from './Behind'
import { Drill, Figure } from './Figure'
import { share } from './figures'
import { inMonth } from './Months'
import { Sheet, type SheetColumn } from './Sheet'
import { monthOf } from './words'

const mostMonths = 12

/** How strong a rate is shaded, in percent of the accent: 0 for nothing, never so strong that the number can't be read. */
export const heat = (rate: number, most: number) => (most <= 0 ? 0 : Math.round((rate / most) * 45))

export function Cohorts({ report, period, old }: { report: FunnelReport; period: Period; old: boolean }) {
  const cohorts = report.cohorts ?? []
  const behind = (c: Cohort) => <BehindEpisodes params={{ ...inMonth(c.month, period), step: report.key }} />
  const cell = (c: Cohort, month: number) => c.cells?.find((x) => x.month === month)
  const months = Math.min(mostMonths, Math.max(0, ...cohorts.map((c) => c.cells?.length ?? 0)))
  const most = Math.max(0, ...cohorts.flatMap((c) => (c.cells ?? []).map((x) => x.rate ?? 0)))
  const columns: SheetColumn<Cohort>[] = [
    { key: 'month', head: m.funnel.month, cell: (c) => <span className="whole">{monthOf(c.month)}</span>, csv: (c) => c.month },
    { key: 'entered', head: m.funnel.entered, figure: true, cell: (c) => <Drill id={`${report.key}/${c.month}/entered`} label={`${m.funnel.entered}, ${monthOf(c.month)}: ${count(c.entered)}`} behind={behind(c)}>{count(c.entered)}</Drill>, csv: (c) => c.entered },
    { key: 'rate', head: m.funnel.rate, figure: true, cell: (c) => <Figure f={c.rate} id={`${report.key}/${c.month}`} label={`${m.funnel.steps[report.key] ?? report.key}, ${monthOf(c.month)}`} behind={behind(c)} />, csv: (c) => c.rate.value },
    ...Array.from({ length: months }, (_, i): SheetColumn<Cohort> => ({
      key: `after${i + 1}`,
      head: m.funnel.after(i + 1),
      figure: true,
      cell: (c) => <Shade x={cell(c, i)} most={most} />,
      csv: [
        { head: m.funnel.after(i + 1), of: (c) => cell(c, i)?.rate },
        { head: `${m.funnel.after(i + 1)}, ${m.funnel.incomplete}`, of: (c) => { const x = cell(c, i); return x && !x.complete ? 1 : 0 } },
      ],
    })),
  ]
  return <Sheet id="cohorts" term="cohort" title={m.funnel.cohorts} hint={m.funnel.cohortsHint} columns={columns} rows={cohorts} rowKey={(c) => c.month} limit={24} wide old={old} />
}

function Shade({ x, most }: { x: Cell | undefined; most: number }) {
  if (!x || x.rate === null) return null
  return (
    <span className={x.complete ? 'heat cell' : 'heat cell partly'} style={{ '--heat': heat(x.rate, most) } as React.CSSProperties} title={x.complete ? undefined : m.funnel.incomplete}>
      {share(x.rate)}
      {!x.complete && '…'}
    </span>
  )
}
