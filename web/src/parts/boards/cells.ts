// How a cell of a chart is written.
import type { Cell, Chart, Column, Row } from '../../api/boards'
import type { Stage } from '../../api/types'
import { t } from '../../strings'
import { m } from '../../strings.measure'
import { rangeText, write } from '../measure/figures'
import { monthOf } from '../measure/words'

const kind = (c: Column) => ({ key: c.key, unit: c.unit, currency: c.currency })

// Columns whose text is a number: they stand as figures do.
const numbers = new Set(['intent', 'gained'])
export const isFigure = (c: Column) => c.unit !== 'text' || numbers.has(c.key)

const textOf = (text: string, key: string) => (key === 'stage' && text ? (text === 'mqa' ? t.mqa : (t.stages[text as Stage] ?? text)) : key === 'verdict' && text ? text.charAt(0).toUpperCase() + text.slice(1) : text)

export const cellText = (x: Cell, c: Column) => (c.unit === 'text' ? textOf(x.text ?? '', c.key) || m.none : x.value === null ? m.none : write(x.value, kind(c)))

/** Why a cell has no value, or between which ends it lies. */
export const cellHint = (x: Cell, c: Column) =>
  x.value === null && c.unit !== 'text' ? (m.figure.undefineds[x.undefined ?? ''] ?? '') : x.low !== undefined || x.high !== undefined ? rangeText(x.low ?? null, x.high ?? null, kind(c)) : ''

export const isMonths = (c: Chart) => c.head === 'Month'
export const rowName = (c: Chart, r: Row) => (isMonths(c) ? monthOf(r.label) : r.label)

/** The columns that are drawn, each a panel of its own, with what they are compared with and their target. */
export function panelsOf(c: Chart): { column: Column; at: number; compared: number; target: number }[] {
  return c.columns.flatMap((column, at) =>
    column.role === 'value' || column.role === 'line'
      ? [{ column, at, compared: c.columns.findIndex((x) => x.key === column.key + '_before'), target: c.columns.findIndex((x) => x.key === column.key + '_target') }]
      : [],
  )
}

/** The largest value that a panel has to hold, 0 where there is none above it. */
export function topOf(c: Chart, columns: readonly number[]): number {
  const values = c.rows.flatMap((r) => columns.flatMap((i) => (i < 0 ? [] : [r.cells[i]?.value ?? 0, r.cells[i]?.high ?? 0])))
  return Math.max(0, ...values)
}

/** A part of the largest in percent, at least a hair where there is anything. */
export const partOf = (value: number | null | undefined, top: number) => (!value || value <= 0 || top <= 0 ? 0 : Math.max(1, (100 * value) / top))
