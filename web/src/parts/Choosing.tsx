// Rows that were chosen, kept while one turns pages and filters, and what can be done with all of them.
import { Button, Checkbox, Group, Paper, Text } from '@mantine/core'
import { type ReactNode, useMemo, useState } from 'react'
import { address, type List } from '../api/client'
import { l } from '../strings.lists'
import type { Column } from './DataTable'
import { useMay } from './may'

type Row = { id: string }

/** As many as one act may take. */
export const mostChosen = 1000

export type Chosen<T> = { rows: ReadonlyMap<string, T>; choose: (rows: readonly T[], on: boolean) => void; clear: () => void }

export function useChosen<T extends Row>(): Chosen<T> {
  const [rows, set] = useState<ReadonlyMap<string, T>>(new Map())
  return useMemo(
    () => ({
      rows,
      choose: (some, on) =>
        set((old) => {
          const next = new Map(old)
          for (const r of some) {
            if (!on) next.delete(r.id)
            else if (next.has(r.id) || next.size < mostChosen) next.set(r.id, r)
          }
          return next
        }),
      clear: () => set(new Map()),
    }),
    [rows],
  )
}

/** The column of boxes; its head chooses all of the page. */
export const boxes = <T extends Row>(chosen: Chosen<T>, rows: readonly T[], nameOf: (row: T) => string): Column<T> => {
  const on = rows.filter((r) => chosen.rows.has(r.id)).length
  return {
    key: 'choose',
    head: l.choosing.column,
    stays: 'first',
    from: 'sm',
    title: <Checkbox size="xs" aria-label={l.choosing.page} disabled={rows.length === 0} checked={on > 0 && on === rows.length} indeterminate={on > 0 && on < rows.length} onChange={(e) => chosen.choose(rows, e.currentTarget.checked)} />,
    cell: (r) => <input type="checkbox" className="tick" aria-label={l.choosing.choose(nameOf(r))} checked={chosen.rows.has(r.id)} onChange={(e) => chosen.choose([r], e.currentTarget.checked)} />,
  }
}

/** How many were chosen, and what to do with them. */
export function ChosenBar<T extends Row>({ chosen, list, columns, children }: { chosen: Chosen<T>; list: List; columns: readonly string[]; children?: ReactNode }) {
  const may = useMay()
  if (chosen.rows.size === 0) return null
  const ids = [...chosen.rows.keys()].join(',')
  return (
    <Paper withBorder px="sm" py={4} mb="xs" role="status">
      <Group gap="sm">
        <Text size="sm">{chosen.rows.size >= mostChosen ? l.choosing.most(mostChosen) : l.choosing.chosen(chosen.rows.size)}</Text>
        {children}
        {may('export') && (
          <Button size="compact-xs" variant="default" component="a" href={address(list, { format: 'csv', columns: columns.join(','), ids })} download>
            {l.choosing.export}
          </Button>
        )}
        <Button size="compact-xs" variant="subtle" onClick={chosen.clear}>
          {l.choosing.none}
        </Button>
      </Group>
    </Paper>
  )
}
