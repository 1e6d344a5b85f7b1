// A day of the past, as it stands in the URL.
export type Past = { day: string; at: string }

const pattern = /^\d{4}-\d{2}-\d{2}$/

/** The day of a moment in the reader's own time zone, as the URL has it. */
export function dayOf(at: Date): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}

/** The end of a day that is over, undefined for any other text: the present is not the past. */
export function pastOf(text: string | undefined, now: Date): Past | undefined {
  if (!text || !pattern.test(text) || text >= dayOf(now)) return undefined
  const end = new Date(`${text}T23:59:59.999`)
  return Number.isNaN(end.getTime()) || dayOf(end) !== text ? undefined : { day: text, at: end.toISOString() }
}

/** The day that is n days after another; days, not hours: summer time changes nothing. */
export function dayAfter(day: string, n: number): string {
  const [y, m, d] = day.split('-').map(Number) as [number, number, number]
  return new Date(Date.UTC(y, m - 1, d + n)).toISOString().slice(0, 10)
}

/** How many days lie between two. */
export const daysBetween = (from: string, to: string) => Math.round((Date.parse(to) - Date.parse(from)) / 86_400_000)
