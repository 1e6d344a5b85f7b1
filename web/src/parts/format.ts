// How values are written. One locale for all of the app, that of its strings.
import type { Time } from '../api/types'
import { locale, t } from '../strings'

const whole = new Intl.NumberFormat(locale)
const short = new Intl.NumberFormat(locale, { notation: 'compact', maximumSignificantDigits: 3 })
const tenth = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const dayTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })
const dayOnly = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' })
const longDay = new Intl.DateTimeFormat(locale, { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' })
const timeOnly = new Intl.DateTimeFormat(locale, { timeStyle: 'short' })
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })

export const count = (n: number) => whole.format(n)
export const compact = (n: number) => short.format(n)

/** A text with its numbers of five digits and more grouped; those with a decimal point, in words or in addresses stay. */
export const grouped = (text: string) => text.replace(/(?<![\w.,/:-])\d{5,15}(?![\w.,/:-]*\w)/g, (n) => whole.format(Number(n)))

/** Points of intent for lists: one decimal of the three. */
export const points = (decimal: string) => tenth.format(Number(decimal))

/** An amount in major units. A currency that is not known to Intl is written as it is. */
export function money(decimal: string, currency: string): string {
  const n = Number(decimal)
  try {
    return new Intl.NumberFormat(locale, { style: 'currency', currency, maximumFractionDigits: Number.isInteger(n) ? 0 : 2 }).format(n)
  } catch {
    return `${whole.format(n)} ${currency}`.trim()
  }
}

export const moment = (at: Time | undefined) => (at ? dayTime.format(new Date(at)) : t.unknown)
export const day = (at: Time | undefined) => (at ? dayOnly.format(new Date(at)) : t.unknown)
export const weekday = (at: Time | undefined) => (at ? longDay.format(new Date(at)) : t.undatedDay)
export const clock = (at: Time | undefined) => (at ? timeOnly.format(new Date(at)) : '')

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
]

/** "3 days ago", of the moment now. */
export function ago(at: Time | undefined, now = Date.now()): string {
  if (!at) return t.never
  const ms = new Date(at).getTime() - now
  for (const [unit, size] of steps) {
    if (Math.abs(ms) >= size) return relative.format(Math.trunc(ms / size), unit)
  }
  return t.justNow
}

/** The sum of decimals of three places, exactly. */
export function sumPoints(decimals: string[]): string {
  const milli = decimals.reduce((sum, d) => sum + Math.round(Number(d) * 1000), 0)
  return (milli / 1000).toFixed(3)
}

/** Why something was decided, as it is read: points, of which the log keeps thousandths, have the digits that they have beside it. They are cut, not rounded, so that none seems to reach a bar that it missed. */
export const because = (reason: string) => reason.replace(/(?<![\d.])(\d+\.\d)\d\d(?!\d)/g, '$1')

/** Who did something: the log writes a person's id behind their name, which nobody reads. */
export const author = (by: string) => by.replace(/ \(usr_[a-z0-9]+\)$/, '')

export const nameOf = (who: { name: string; email?: string; domain?: string; id: string }) => who.name || who.email || who.domain || who.id

export const dealName = (o: { name: string; external_id: string; id: string }) => o.name || o.external_id || o.id

/** The browser and system that a User-Agent names, in two words; as it is when it names none that is known. */
export function browserIn(agent: string): string {
  const browser = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'].find((b) => agent.includes(b + '/')) // the first says most: all say Safari
  const system = /\b(Android|iPhone|iPad|Windows|Mac OS X|CrOS|Linux)\b/.exec(agent)?.[1]
  const name = browser && ({ Edg: 'Edge', OPR: 'Opera' }[browser] ?? browser)
  return [name, system && ({ 'Mac OS X': 'macOS', CrOS: 'ChromeOS' }[system] ?? system)].filter(Boolean).join(', ') || agent.slice(0, 40)
}

/** A link to this app as it is reached from here: the server may not know its public address. */
export function linkHere(link: string, origin: string): string {
  const url = new URL(link)
  return origin + url.pathname + url.hash
}
