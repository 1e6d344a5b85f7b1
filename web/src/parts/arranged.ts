// Which columns a table shows and in which order. The choice stands in the address as their keys; without one the table has its own.

/** The width of a screen from which a column is shown. */
export type From = 'xs' | 'sm' | 'md' | 'lg' | 'xl' | 'xxl'
/**
 * What an arrangement knows of a column. stays: in front or at the end, whatever is chosen. extra: shown only when it is chosen. phone: shown on a
 * phone alone.
 */
export type Placed = { key: string; stays?: 'first' | 'last'; extra?: boolean; from?: From; phone?: boolean }

/** The classes of a column's cells. */
export const cellClass = (c: { figure?: boolean | undefined; from?: From | undefined; phone?: boolean | undefined }) => [c.figure && 'figure', c.from && `mantine-visible-from-${c.from}`, c.phone && 'mantine-hidden-from-sm'].filter(Boolean).join(' ') || undefined

const free = <C extends Placed>(columns: readonly C[]) => columns.filter((c) => !c.stays)
const own = (columns: readonly Placed[]) => free(columns).filter((c) => !c.extra).map((c) => c.key)

/** The keys that are shown, in their order, of those that can be chosen. Unknown ones, from an old address, are left out. */
export function chosenKeys(columns: readonly Placed[], written: string | undefined): string[] {
  if (!written) return own(columns)
  const known = new Set(free(columns).map((c) => c.key))
  return [...new Set(written.split(','))].filter((k) => known.has(k))
}

/** What the address says of a choice: nothing where it is the table's own, - where no column is left. */
export const writtenKeys = (columns: readonly Placed[], keys: readonly string[]) => (keys.join(',') === own(columns).join(',') ? '' : keys.join(',') || '-')

/**
 * The columns as they are shown. Those that were chosen are shown on a screen of any width but a phone's; there the table's own rules hold, and what
 * the list is ranked by stands there whether it was chosen or not.
 */
export function arranged<C extends Placed>(columns: readonly C[], written: string | undefined, ranking?: string): C[] {
  const keys = chosenKeys(columns, written)
  const wide = (c: C): C => (written && c.from && c.from !== 'xs' ? { ...c, from: 'sm' } : c)
  const everywhere = ({ from: _, ...c }: C) => c as C
  const shown = keys.map((k) => columns.find((c) => c.key === k)!).map((c) => (c.key === ranking ? everywhere(c) : wide(c)))
  const ranked = free(columns).filter((c) => written && c.key === ranking && !keys.includes(c.key)).map((c) => ({ ...everywhere(c), phone: true }))
  const at = (place: 'first' | 'last') => columns.filter((c) => c.stays === place)
  return [...at('first'), ...shown, ...ranked, ...at('last')]
}

/** The keys with one of them a place further up or down; as they were when it can't go there. */
export function shifted(keys: readonly string[], key: string, by: 1 | -1): string[] {
  const from = keys.indexOf(key)
  const to = from + by
  if (from < 0 || to < 0 || to >= keys.length) return [...keys]
  const out = [...keys]
  out[from] = keys[to]!
  out[to] = key
  return out
}
