// The one table: server paging, filters and sort in the URL, keyboard, export, empty and error states.
import { Button, Group, NativeSelect, Skeleton, Table, Text, TextInput, VisuallyHidden } from '@mantine/core'
import { useDebouncedCallback, useDisclosure, useHotkeys } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { memo, type ReactNode, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import { address, type List, type Rows } from '../api/client'
import { listOf } from '../api/queries'
import { t } from '../strings'
import type { TermName } from '../terms'
import { columnTerms } from './explained'
import { arranged, cellClass, type Placed } from './arranged'
import { boxes, type Chosen, ChosenBar } from './Choosing'
import { Columns } from './Columns'
import { Exports } from './Exports'
import { listParams, useListing } from './Listing'
import { useMay } from './may'
import { Empty, Failed } from './States'
import { Help } from './Term'
import { useWhy } from './useWhy'

export type Column<T> = {
  key: string
  head: string
  /** The head is for screen readers alone. */
  silent?: boolean
  cell: (row: T, index: number) => ReactNode
  /** Name of the API's sort, and the direction it has. */
  sort?: string
  direction?: 'ascending' | 'descending'
  /** What stands as the head in place of the word. */
  title?: ReactNode
  figure?: boolean
  /** Columns of the exported file that say what the cell shows; the column's key by default. */
  exports?: readonly string[]
  /** What the head explains, where its key alone doesn't say it (explained.ts). */
  term?: TermName
} & Placed

export type Filter = { key: string; label: string; choices?: readonly { value: string; label: string }[]; type?: 'search' | 'text' | 'number'; width?: number }

type Props<L extends List> = {
  label: string
  list: L
  columns: readonly Column<Rows[L]>[]
  rowKey: (row: Rows[L]) => string | number
  filters?: readonly Filter[]
  /** Filters that only links set: no field of their own, cleared with the rest. */
  hidden?: readonly string[]
  /** Looks again every few seconds while the first page is shown; paused: it stays as it is. */
  live?: boolean | 'paused'
  defaultSort?: string
  /** The column by which the rows are ranked, where none has their sort. */
  rankedBy?: string
  /** Whose score "Why?" and the w key open. */
  why?: (row: Rows[L]) => { id: string; name: string }
  exportable?: boolean
  /** People choose its columns, and export what they chose; these are the sorts by which a whole list can be exported. */
  walked?: readonly string[]
  /** Rows can be chosen; what can be done with those is children of the bar that says how many they are. */
  choosing?: { chosen: Chosen<Rows[L] & { id: string }>; nameOf: (row: Rows[L]) => string; acts?: ReactNode }
  /** Keys that do something with the row that has the focus. */
  acts?: Record<string, (row: Rows[L], rows: Rows[L][]) => void>
  /** Above the rows, with those that are shown. */
  above?: (rows: Rows[L][]) => ReactNode
  empty: { title: string; hint?: string; action?: ReactNode }
}

export function DataTable<L extends List>({ label, list, columns: own, rowKey, filters = [], hidden = [], live = false, defaultSort, rankedBy, why, exportable = true, walked, choosing, acts = {}, above, empty }: Props<L>) {
  const listing = useListing()
  const may = useMay()
  const names = [...filters.map((f) => f.key), ...hidden]
  const params = listParams(listing.search, names, defaultSort ? { sort: defaultSort } : {})
  const query = useQuery({ ...listOf(list, params), refetchInterval: live === true && !listing.search.cursor ? 3_000 : false, ...(live === 'paused' && { refetchOnWindowFocus: false, refetchOnReconnect: false }) })
  // Rows are drawn a few at a time, so that a phone answers its user meanwhile.
  const shown = useDeferredValue(query.data)
  const rows = shown?.data ?? none
  const filtered = names.some((n) => listing.search[n])
  const next = shown?.next_cursor
  const body = useRowKeys(rows.length, (i) => why && rows[i] && why(rows[i]), next ? () => listing.next(next) : undefined, listing.search.cursor ? listing.previous : undefined)
  const chosen = choosing?.chosen
  const nameOf = choosing?.nameOf
  const all = useMemo(() => (chosen && nameOf ? withBoxes(own, boxes(chosen, rows as (Rows[L] & { id: string })[], nameOf) as Column<Rows[L]>) : own), [own, chosen, nameOf, rows])
  const sort = listing.search.sort ?? defaultSort
  const ranking = rankedBy ?? all.find((c) => c.sort && c.sort === sort)?.key
  const columns = useMemo(() => (walked ? arranged(all, listing.search.columns, ranking) : all), [walked, all, listing.search.columns, ranking])
  const seen = [...new Set(columns.flatMap((c) => (c.silent || c.title || c.phone ? [] : (c.exports ?? [c.key]))))]
  const x = (row: Rows[L]) => { const r = row as Rows[L] & { id: string }; chosen?.choose([r], !chosen.rows.has(r.id)) }
  useHotkeys(Object.entries(choosing ? { x, ...acts } : acts).map(([key, act]) => [key, () => { const i = focused(body.current); if (rows[i]) act(rows[i], rows) }]))

  if (query.isError && !query.data) return <Failed error={query.error} retry={() => void query.refetch()} />
  if (shown && rows.length === 0 && !filtered && !listing.search.cursor) {
    return <Empty {...empty} />
  }
  const { limit: _, cursor: __, ...exported } = params
  return (
    <section aria-label={label}>
      <div className="over">
        <Filters filters={filters} />
        <div className="over-acts">
          {filtered && (
            <Button size="xs" variant="subtle" onClick={() => listing.clear(names)}>
              {t.table.clear}
            </Button>
          )}
          {walked && <Columns columns={all} written={listing.search.columns} change={listing.arrange} />}
          {exportable && walked && may('export') && <Exports list={list} params={params} columns={seen} walked={walked} />}
          {exportable && !walked && may('export') && (
            <Button size="xs" variant="default" component="a" href={address(list, { ...exported, format: 'csv' })} download visibleFrom="sm">
              {t.table.export}
            </Button>
          )}
        </div>
      </div>
      {sort === 'newest' && !own.some((c) => c.sort === 'newest') && (
        <Text size="sm" c="dimmed" mb="xs">
          {t.table.newest}
        </Text>
      )}
      {above?.(rows)}
      {choosing && chosen && (
        <ChosenBar chosen={chosen} list={list} columns={seen}>
          {choosing.acts}
        </ChosenBar>
      )}
      <div className="scroll">
      <Table className="table pointed" data-old={query.isPlaceholderData || undefined} verticalSpacing={5} horizontalSpacing="xs" aria-busy={query.isFetching || shown !== query.data}>
        <thead>
          <tr>
            {columns.map((c) => (
              <Head key={c.key} column={c} sort={sort} own={defaultSort} choose={(s) => listing.set('sort', s === defaultSort ? '' : s)} />
            ))}
            {why && (
              <th>
                <VisuallyHidden>{t.table.why}</VisuallyHidden>
              </th>
            )}
          </tr>
        </thead>
        <tbody key={shown ? 'rows' : 'awaited'} ref={body}>
          {shown ? (
            <Body rows={rows} columns={columns} rowKey={rowKey} why={why} />
          ) : (
            Array.from({ length: 12 }, (_, i) => (
              <tr key={i}>
                <td colSpan={columns.length + (why ? 1 : 0)}>
                  <Skeleton height={20} />
                </td>
              </tr>
            ))
          )}
        </tbody>
      </Table>
      </div>
      {shown && rows.length === 0 && <Empty title={t.table.noMatch} />}
      {(listing.search.cursor || next) && (
        <Group component="nav" aria-label={t.table.pages} justify="flex-end" gap="xs" mt="sm" data-noprint>
          <span>{listing.page === undefined ? '' : t.table.page(listing.page)}</span>
          <Button size="xs" variant="default" disabled={!listing.search.cursor} onClick={listing.previous}>
            {listing.page === undefined ? t.table.first : t.table.previous}
          </Button>
          <Button size="xs" variant="default" disabled={!next} onClick={() => next && listing.next(next)}>
            {t.table.next}
          </Button>
        </Group>
      )}
    </section>
  )
}

const none: never[] = []

type BodyProps<T> = { rows: readonly T[]; columns: readonly Column<T>[]; rowKey: (row: T) => string | number; why: ((row: T) => { id: string; name: string }) | undefined }

// Drawn anew only when the rows or what is shown of them have changed.
const Body = memo(function Body<T>({ rows, columns, rowKey, why }: BodyProps<T>) {
  const open = useWhy()
  return rows.map((row, i) => {
    const who = why?.(row)
    return (
      <tr key={rowKey(row)}>
        {columns.map((c) => (
          <td key={c.key} className={cellClass(c)}>
            {c.cell(row, i)}
          </td>
        ))}
        {who && (
          <td className="figure">
            <button type="button" className="quiet" onClick={() => open(who.id)} aria-label={t.table.whyOf(who.name)}>
              {t.table.why}
            </button>
          </td>
        )}
      </tr>
    )
  })
}) as <T>(props: BodyProps<T>) => ReactNode

// The boxes stand behind the column that names the row.
const withBoxes = <T,>(columns: readonly Column<T>[], box: Column<T>): readonly Column<T>[] => [columns[0]!, box, ...columns.slice(1)]

// A second click on the sort that is chosen goes back to the list's own order.
function Head<T>({ column, sort, own, choose }: { column: Column<T>; sort: string | undefined; own: string | undefined; choose: (sort: string) => void }) {
  const active = column.sort !== undefined && column.sort === sort
  const direction = column.direction ?? 'descending'
  const term = column.term ?? columnTerms[column.key]
  return (
    <th className={cellClass(column)} aria-sort={active ? direction : undefined}>
      <span className="head">
        {column.sort ? (
          <button type="button" className="sort" aria-pressed={active} title={active && column.sort !== own ? t.table.unsort : t.table.sortBy(column.head)} onClick={() => choose(active && own ? own : column.sort!)}>
            {column.head}
            {active ? (direction === 'descending' ? '\u00a0↓' : '\u00a0↑') : ''}
          </button>
        ) : column.title ? (
          column.title
        ) : column.silent ? (
          <VisuallyHidden>{column.head}</VisuallyHidden>
        ) : (
          <span>{column.head}</span>
        )}
        {term && !column.silent && <Help name={term} />}
      </span>
    </th>
  )
}

function Filters({ filters }: { filters: readonly Filter[] }) {
  const { search, set } = useListing()
  const [opened, { toggle }] = useDisclosure(filters.some((f) => f.type !== 'search' && search[f.key]))
  return (
    <Group gap="xs" role="search" aria-label={t.table.filters} className="filters" data-opened={opened || undefined}>
      {filters.map((f) =>
        f.choices ? (
          <NativeSelect
            key={f.key}
            size="xs"
            w={f.width ?? 130}
            aria-label={f.label}
            value={search[f.key] ?? ''}
            onChange={(e) => set(f.key, e.currentTarget.value)}
            data={[{ value: '', label: `${f.label}: ${t.all}` }, ...f.choices]}
          />
        ) : (
          <Written key={f.key} filter={f} value={search[f.key] ?? ''} change={(v) => set(f.key, v)} />
        ),
      )}
      {filters.length > 1 && (
        <Button size="xs" variant="default" hiddenFrom="sm" onClick={toggle} aria-expanded={opened}>
          {t.table.filters}
        </Button>
      )}
    </Group>
  )
}

// A filter that is typed goes into the URL when the typing rests.
function Written({ filter, value, change }: { filter: Filter; value: string; change: (value: string) => void }) {
  const [text, setText] = useState(value)
  const settle = useDebouncedCallback(change, 300)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (document.activeElement !== input.current) setText(value) // what is being typed is newer than the URL
  }, [value])
  return (
    <TextInput
      ref={input}
      size="xs"
      w={filter.width ?? (filter.type === 'search' ? 220 : 120)}
      type={filter.type ?? 'text'}
      data-search={filter.type === 'search' || undefined}
      aria-label={filter.label}
      placeholder={filter.label}
      value={text}
      onChange={(e) => {
        setText(e.currentTarget.value)
        settle(e.currentTarget.value.trim())
      }}
    />
  )
}

// The row that has the focus, -1 for none.
const focused = (body: HTMLTableSectionElement | null) => Array.from(body?.rows ?? []).findIndex((r) => r.contains(document.activeElement))

// Keys: / searches, j and k walk the rows' links, w asks why, n and p turn pages.
function useRowKeys(rows: number, why: (row: number) => { id: string } | undefined, next?: () => void, previous?: () => void) {
  const body = useRef<HTMLTableSectionElement>(null)
  const openWhy = useWhy()
  const current = () => focused(body.current)
  const step = (by: number) => {
    const to = Math.min(Math.max(current() + by, 0), rows - 1)
    body.current?.rows[to]?.querySelector<HTMLElement>('a, button')?.focus()
  }
  useHotkeys([
    ['/', () => document.querySelector<HTMLInputElement>('input[data-search]')?.focus()],
    ['j', () => step(1)],
    ['k', () => step(-1)],
    ['w', () => { const who = why(Math.max(current(), 0)); if (who) openWhy(who.id) }],
    ['n', () => next?.()],
    ['p', () => previous?.()],
  ])
  return body
}
