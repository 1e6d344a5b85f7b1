// What measurement's pages say the same way everywhere.
import type { Period } from '../../api/measure'
import { locale } from '../../strings'
import { m } from '../../strings.measure'

const dayText = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' })
const monthText = new Intl.DateTimeFormat(locale, { year: 'numeric', month: 'short', timeZone: 'UTC' })

export const dayOf = (day: string) => dayText.format(new Date(day + 'T00:00:00Z'))
export const monthOf = (month: string) => monthText.format(new Date(month + '-01T00:00:00Z'))
export const periodText = (p: Period) => m.period.span(dayOf(p.first), dayOf(p.last))

/** A day, or a span of several. */
export const spanText = (p: Period) => (p.first === p.last ? dayOf(p.first) : periodText(p))

/** A label of a dimension; an empty one says what it lacks. */
export const labelOf = (dimension: string, label: string) => label || m.unnamed[dimension] || m.notKnown
