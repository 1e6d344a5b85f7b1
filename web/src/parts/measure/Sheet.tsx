// A table of what a report holds: all of it is there, so it is sorted, cut short and exported here. The sort stands in the URL.
import { Button, Group, Table, Title, VisuallyHidden } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import type { Figure as Measure } from '../../api/measure'
import { m } from '../../strings.measure'
import { t } from '../../strings'
import type { TermName } from '../../terms'
import { useListing } from '../Listing'
import { useMay } from '../may'
import { type CsvCell, save, toCSV } from './csv'
import { cellClass, type From } from '../arranged'
import { Help, Term } from '../Term'
import { sheetTerms } from './explained'
import { Figure } from './Figure'
import { plain } from './figures'

export type SheetColumn<T> = {
  key: string
  head: string
  cell: (row: T) => ReactNode
  /** What the export has of it: one column, or several with heads of their own. */
  csv: ((row: T) => CsvCell) | { head: string; of: (row: T) => CsvCell }[]
  /** What it is sorted by, largest (or first in the alphabet) first; without it the column can't be. */
  sort?: (row: T) => number | string | null
  from?: From
  figure?: boolean
  /** The head is for screen readers alone. */
  silent?: boolean
  /** What the head explains, where its key doesn't say it (explained.ts) or says something else. */
  term?: TermName
}

const explained = <T,>(c: SheetColumn<T>) => (c.silent ? undefined : (c.term ?? sheetTerms[c.key]))

/** A column of figures. Exported with their intervals; money in major units. */
export function figureColumn<T>(key: string, head: string, of: (row: T) => Measure, id: (row: T) => string, label: (row: T) => string, from?: SheetColumn<T>['from'], behind?: (row: T) => ReactNode): SheetColumn<T> {
  return {
    key,
    head,
    figure: true,
    ...(from && { from }),
    cell: (row) => <Figure f={of(row)} id={`${id(row)}/${key}`} label={`${head}, ${label(row)}`} behind={behind?.(row)} />,
    sort: (row) => of(row).value,
    csv: [
      { head, of: (row) => plain(of(row).value, of(row)) },
      { head: m.sheet.low(head), of: (row) => plain(of(row).interval?.low, of(row)) },
      { head: m.sheet.high(head), of: (row) => plain(of(row).interval?.high, of(row)) },
    ],
  }
}

/** Rows by a column, those without a value last. */
export function sorted<T>(rows: readonly T[], by: (row: T) => number | string | null, ascending: boolean): T[] {
  return [...rows].sort((a, b) => {
    const [x, y] = [by(a), by(b)]
    if (x === null || y === null) return Number(x === null) - Number(y === null)
    const order = typeof x === 'string' || typeof y === 'string' ? String(x).localeCompare(String(y)) : y - x
    return ascending ? -order : order
  })
}

/** The export of a sheet: heads, then rows. */
export function sheetCSV<T>(columns: readonly SheetColumn<T>[], rows: readonly T[]): string {
  const each = columns.flatMap((c) => (typeof c.csv === 'function' ? [{ head: c.head, of: c.csv }] : c.csv))
  return toCSV([each.map((c) => c.head), ...rows.map((r) => each.map((c) => c.of(r)))])
}

type Props<T> = {
  /** Names it in the URL and its file. */
  id: string
  title: string
  /** What screen readers and exports call it, where the title is an answer. */
  name?: string
  level?: 2 | 3
  /** What the title explains. */
  term?: TermName
  hint?: ReactNode
  controls?: ReactNode
  columns: readonly SheetColumn<T>[]
  rows: readonly T[]
  rowKey: (row: T, index: number) => string
  /** A row that stands apart at the foot, such as the total. */
  foot?: T
  /** Rows shown at first. */
  limit?: number
  /** Too wide for a sheet of paper that stands: it is printed on one that lies. */
  wide?: boolean
  old?: boolean
}

export function Sheet<T>({ id, title, name = title, term, level = 2, hint, controls, columns, rows, rowKey, foot, limit = 15, wide, old }: Props<T>) {
  const { search, set } = useListing()
  const may = useMay()
  const [all, setAll] = useState(false)
  const chosen = search[`${id}_sort`] ?? ''
  const ascending = chosen.startsWith('-')
  const by = columns.find((c) => c.sort && c.key === chosen.replace(/^-/, ''))
  const order = by?.sort ? sorted(rows, by.sort, ascending) : rows
  const shown = all || rows.length <= limit + 1 ? order : order.slice(0, limit)
  const choose = (c: SheetColumn<T>) => set(`${id}_sort`, by !== c ? c.key : ascending ? '' : `-${c.key}`)
  return (
    <section aria-label={name} data-landscape={wide || undefined}>
      <Group justify="space-between" align="end" gap="xs" mb={4}>
        <div>
          <Title order={level}>{term ? <Term name={term}>{title}</Term> : title}</Title>
          {hint && <p className="hint">{hint}</p>}
        </div>
        <Group gap="xs" data-noprint>
          {controls}
          {may('export') && rows.length > 0 && (
            <Button size="compact-xs" variant="default" aria-label={m.sheet.exportOf(name)} onClick={() => save(`${id}.csv`, sheetCSV(columns, foot === undefined ? order : [...order, foot]))}>
              {m.sheet.export}
            </Button>
          )}
        </Group>
      </Group>
      {rows.length === 0 && foot === undefined ? (
        <p className="hint">{m.sheet.none}</p>
      ) : (
        <div className="scroll" role="group" aria-label={name} tabIndex={0}>
          <Table className="table sheet pointed" data-old={old || undefined} verticalSpacing={4} horizontalSpacing="xs">
            <thead>
              <tr>
                {columns.map((c) => (
                  <th key={c.key} className={cellClass(c)} aria-sort={by === c ? (ascending ? 'ascending' : 'descending') : undefined}>
                    <span className="head">
                      {c.silent ? (
                        <VisuallyHidden>{c.head}</VisuallyHidden>
                      ) : c.sort ? (
                        <button type="button" className="sort" aria-pressed={by === c} title={t.table.sortBy(c.head)} onClick={() => choose(c)}>
                          {c.head}
                          {by === c ? (ascending ? '\u00a0↑' : '\u00a0↓') : ''}
                        </button>
                      ) : (
                        <span>{c.head}</span>
                      )}
                      {explained(c) && <Help name={explained(c)!} />}
                    </span>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((row, i) => (
                <tr key={rowKey(row, i)}>
                  {columns.map((c) => (
                    <td key={c.key} className={cellClass(c)}>
                      {c.cell(row)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
            {foot !== undefined && (
              <tfoot>
                <tr>
                  {columns.map((c, i) =>
                    i === 0 ? (
                      <th key={c.key} scope="row" className={cellClass({ from: c.from })}>
                        {c.cell(foot)}
                      </th>
                    ) : (
                      <td key={c.key} className={cellClass(c)}>
                        {c.cell(foot)}
                      </td>
                    ),
                  )}
                </tr>
              </tfoot>
            )}
          </Table>
        </div>
      )}
      {shown.length < rows.length && <p className="hint paper">{m.sheet.first(shown.length, rows.length)}</p>}
      {shown.length < rows.length || all ? (
        <Button size="compact-xs" variant="subtle" onClick={() => setAll(!all)} data-noprint>
          {all ? m.sheet.fewer : m.sheet.more(rows.length)}
        </Button>
      ) : null}
    </section>
  )
}
