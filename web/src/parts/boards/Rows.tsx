// A chart as a table: the first value with a bar behind it where it is drawn, everything else as numbers. Each row is the way into what it is of.
import { Button, Table } from '@mantine/core'
import { type CSSProperties, useState } from 'react'
import type { Cell, Chart, Column } from '../../api/boards'
import { b } from '../../strings.boards'
import { judgementOf } from '../measure/figures'
import { cellHint, cellText, isFigure, partOf, rowName } from './cells'
import { Place } from './Place'

const few = 12

export function Rows({ chart, drawn }: { chart: Chart; drawn: boolean }) {
  const [all, setAll] = useState(false)
  if (chart.rows.length === 0) return <p className="hint">{b.nothing}</p>
  const bar = drawn ? chart.columns.findIndex((c) => c.role === 'value' && c.unit !== 'text') : -1
  const top = bar < 0 ? 0 : Math.max(0, ...chart.rows.map((r) => r.cells[bar]?.value ?? 0))
  const shown = all || chart.rows.length <= few + 1 ? chart.rows : chart.rows.slice(0, few)
  return (
    <>
      <div className="scroll" role="group" aria-label={chart.title} tabIndex={0}>
        <Table className="table sheet board" verticalSpacing={3} horizontalSpacing="xs" highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{chart.head}</Table.Th>
              {chart.columns.map((c) => (
                <Table.Th key={c.key} className={isFigure(c) ? 'figure' : undefined} title={c.rule}>
                  {c.label}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((r, n) => (
              <Table.Tr key={`${r.label}/${n}`}>
                <Table.Th scope="row" fw={400}>
                  <span className="name">
                    {r.link ? <Place link={r.link}>{rowName(chart, r)}</Place> : rowName(chart, r)}
                    {r.partial && <span className="two">{b.partial}</span>}
                  </span>
                </Table.Th>
                {chart.columns.map((c, i) => (
                  <Value key={c.key} cell={r.cells[i]!} column={c} part={i === bar ? partOf(r.cells[i]?.value, top) : undefined} />
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      {shown.length < chart.rows.length && <p className="hint paper">{b.first(shown.length, chart.rows.length)}</p>}
      {(shown.length < chart.rows.length || all) && (
        <Button size="compact-xs" variant="subtle" onClick={() => setAll(!all)} data-noprint>
          {all ? b.fewer : b.more(chart.rows.length)}
        </Button>
      )}
    </>
  )
}

function Value({ cell, column, part }: { cell: Cell; column: Column; part: number | undefined }) {
  const judged = cell.band?.sure && cell.band.verdict !== 'within' ? judgementOf(cell.band, column) : undefined
  const text = (
    <>
      {cellText(cell, column)}
      {judged && <small className={judged.tone}> {judged.short}</small>}
    </>
  )
  if (column.unit === 'text') return <Table.Td className={isFigure(column) ? 'figure' : 'whole'}>{text}</Table.Td>
  return (
    <Table.Td className="figure" title={cellHint(cell, column) || undefined}>
      {part === undefined ? (
        text
      ) : (
        <span className="barred">
          <i style={{ '--part': `${part}%` } as CSSProperties} aria-hidden="true" />
          <span>{text}</span>
        </span>
      )}
    </Table.Td>
  )
}

