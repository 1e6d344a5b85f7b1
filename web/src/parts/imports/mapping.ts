// Changes of a mapping, as the person at the screen makes them. A mapping is never changed in place.
import type { EntityFields, Inspected, MappingDocument } from '../../api/types'

/** What a column is in the select: a field's name, keep or skip. */
export const keep = '+keep'
export const skip = 'skip'

const traitOf = (header: string) =>
  header
    .normalize('NFC')
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1_$2')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '') || 'column'

/** A column becomes something else. What else the mapping said of it goes with its former meaning. */
export function take(m: MappingDocument, header: string, to: string): MappingDocument {
  const column = { header, trait: to === keep ? traitOf(header) : to }
  const at = m.columns.findIndex((c) => c.header === header)
  const columns = at < 0 ? [...m.columns, column] : m.columns.map((c, i) => (i === at ? column : c))
  return { ...m, columns, id: m.id?.filter((h) => h !== header) ?? [] }
}

/** Every column that looks like a field and is not known becomes that field. */
export function takeSuggested(i: Inspected, m: MappingDocument): MappingDocument {
  const taken = new Set<string>()
  return i.columns.reduce((m, c) => {
    if (!c.suggestion || taken.has(c.suggestion)) return m
    taken.add(c.suggestion)
    return take(m, c.header, c.suggestion)
  }, m)
}

/** The file holds something else: what its columns were taken for is found out anew. */
export const ofEntity = (entity: string): MappingDocument => ({ entity, columns: [] })

/** The file is of a known system, or of none in particular. */
export const ofSystem = (m: MappingDocument, system: string): MappingDocument => ({ ...ofEntity(m.entity), system: system || 'csv' })

/** How dates in digits are meant; '' leaves it to the file. Patterns that the mapping has stay. */
export function ordered(m: MappingDocument, order: string): MappingDocument {
  const patterns = (m.date_format ?? []).filter((f) => f !== 'dmy' && f !== 'mdy')
  return { ...m, date_format: order ? [order, ...patterns] : patterns }
}

/** A word of the source gets its meaning; '' takes it away. */
export function means(words: Record<string, string> | undefined, word: string, meaning: string): Record<string, string> {
  const { [word]: _, ...rest } = words ?? {}
  return meaning ? { ...rest, [word]: meaning } : rest
}

/** The fields that a column of an entity can become, those that rows need first. */
export function choices(of: EntityFields | undefined): string[] {
  if (!of) return []
  const needed = [...new Set(of.needs.flatMap((n) => n.one_of))]
  const rest = of.fields.map((f) => f.name).filter((n) => !needed.includes(n))
  return [...needed, ...rest]
}

/** What the select of a column shows. */
export function shown(c: { trait: string; by: string }, fields: string[]): string {
  if (!c.trait) return skip
  return c.by === 'unknown' || !fields.includes(c.trait) ? keep : c.trait
}
