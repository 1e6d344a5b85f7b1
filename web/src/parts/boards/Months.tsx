// Months as columns, one panel for each thing that is counted: two scales are never laid over each other. Each column is the way into its month.
import type { CSSProperties } from 'react'
import type { Annotation, Chart } from '../../api/boards'
import { b } from '../../strings.boards'
import { locale } from '../../strings'
import { rangeText, write } from '../measure/figures'
import { cellText, panelsOf, partOf, rowName, topOf } from './cells'
import { Place } from './Place'

const shortMonth = new Intl.DateTimeFormat(locale, { month: 'short', timeZone: 'UTC' })

/** The notes of each month, by their numbers in the list. */
export const notesIn = (notes: readonly Annotation[], first: string, last: string) => notes.map((n, i) => ({ n, i: i + 1 })).filter(({ n }) => n.period.first <= last && n.period.last >= first)

export function Months({ chart, notes }: { chart: Chart; notes: readonly Annotation[] }) {
  const panels = panelsOf(chart)
  const columns = { '--columns': chart.rows.length } as CSSProperties
  const marks = chart.rows.map((r) => notesIn(notes, r.period.first, r.period.last))
  return (
    <div className="months" style={columns}>
      {marks.some((list) => list.length > 0) && (
        <div className="month-row notes-row">
          {marks.map((list, i) => (
            <span key={chart.rows[i]!.label}>
              {list.map(({ n, i: at }) => (
                <a key={n.id} href={`#${n.id}`} title={b.notes.mark(at, n.text)} aria-label={b.notes.mark(at, n.text)}>
                  {at}
                </a>
              ))}
            </span>
          ))}
        </div>
      )}
      {panels.map((p) => (
        <Panel key={p.column.key} chart={chart} {...p} />
      ))}
      <div className="month-row labels" aria-hidden="true">
        {chart.rows.map((r, i) => (
          <span key={r.label}>
            {shortMonth.format(new Date(r.period.first + 'T00:00:00Z'))}
            {(i === 0 || r.label.endsWith('-01')) && <small>{r.label.slice(0, 4)}</small>}
          </span>
        ))}
      </div>
      {chart.rows.some((r) => r.partial) && <p className="hint small">{b.partialMark}</p>}
    </div>
  )
}

type Props = ReturnType<typeof panelsOf>[number] & { chart: Chart }

function Panel({ chart, column, at, compared, target }: Props) {
  const ranged = chart.rows.some((r) => r.cells[at]?.low !== undefined || r.cells[at]?.high !== undefined) && column.unit === 'ratio'
  const band = column.band
  const top = ranged ? 1 : topOf(chart, [at, compared, target])
  const of = { key: column.key, unit: column.unit, currency: column.currency }
  const kinds = [compared >= 0 && <i key="c" className="key compared" />, target >= 0 && <i key="t" className="key target" />]
  return (
    <div className="panel">
      <p className="panel-name">
        <i className="key value" /> {column.label}
        {top > 0 && <span> {b.most(write(top, of))}</span>}
        {compared >= 0 && <span> {kinds[0]} {b.comparedMark}</span>}
        {target >= 0 && <span> {kinds[1]} {b.targetMark}</span>}
        {ranged && <span> {b.range}</span>}
        {band && <span> {b.band(rangeText(band.low, band.high, of))}</span>}
      </p>
      <div className="month-row bars">
        {band && <span className="band" style={{ '--from': `${100 * (band.low ?? 0)}%`, '--to': `${100 * (1 - (band.high ?? 1))}%` } as CSSProperties} aria-hidden="true" />}
        {chart.rows.map((r) => {
          const x = r.cells[at]!
          const was = compared >= 0 ? r.cells[compared] : undefined
          const goal = target >= 0 ? r.cells[target]?.value : undefined
          const more = was && was.value !== null ? ` (${chart.columns[compared]!.label}: ${cellText(was, column)})` : ''
          return (
            <Place key={r.label} link={r.link || chart.link} label={b.cell(rowName(chart, r), column.label, x.value === null ? b.noValue : cellText(x, column)) + more + (r.partial ? `, ${b.partial}` : '')} className={r.partial ? 'month partial' : 'month'}>
              {was && <i className="bar compared" style={{ '--part': `${partOf(was.value, top)}%` } as CSSProperties} />}
              {ranged ? (
                x.value !== null && (
                  <>
                    <i className="whisker" style={{ '--from': `${100 * (x.low ?? 0)}%`, '--to': `${100 * (1 - (x.high ?? 1))}%` } as CSSProperties} />
                    <i className="dot" style={{ '--part': `${100 * x.value}%` } as CSSProperties} />
                  </>
                )
              ) : (
                <i className="bar value" style={{ '--part': `${partOf(x.value, top)}%` } as CSSProperties} />
              )}
              {goal !== undefined && goal !== null && <i className="tick" style={{ '--part': `${partOf(goal, top)}%` } as CSSProperties} />}
            </Place>
          )
        })}
      </div>
    </div>
  )
}
