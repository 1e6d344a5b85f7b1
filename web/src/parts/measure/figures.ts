// How a measured figure is written: value, interval, verdict, left-out and the parts it was worked out of.
import type { Figure, LeftOut, Total } from '../../api/measure'
import { locale } from '../../strings'
import { m } from '../../strings.measure'
import { dayOf } from './words'

// Currencies whose minor unit is not a hundredth, as in money.go (ISO 4217; browsers differ from it).
const none = new Set('BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' '))
const three = new Set('BHD IQD JOD KWD LYD OMR TND'.split(' '))
export const minorDigits = (currency: string) => (none.has(currency) ? 0 : three.has(currency) ? 3 : 2)

/** Minor units as major ones. */
export const major = (amount: number, currency: string) => amount / 10 ** minorDigits(currency)

const number = (digits: number) => new Intl.NumberFormat(locale, { maximumFractionDigits: digits })
const whole = number(0)
const tenth = number(1)
const percents = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 })

/** Money added up as Money shows it, for labels. */
export const totalText = (total: Total): string =>
  total.rows === 0 ? m.none : [minorMoney(total.minor, total.currency), ...(total.unconverted ?? []).map((a) => `+ ${minorMoney(a.minor, a.currency)}`)].join(' ')

/** Money given in minor units: with its decimals below 100, whole above. */
export function minorMoney(amount: number, currency: string): string {
  const x = major(amount, currency)
  const digits = Math.abs(x) < 100 && !Number.isInteger(x) ? minorDigits(currency) : 0
  try {
    return new Intl.NumberFormat(locale, { style: 'currency', currency, minimumFractionDigits: digits, maximumFractionDigits: digits }).format(x)
  } catch {
    return `${new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(x)} ${currency}`.trim()
  }
}

/** A sentence of the server as the screen writes it: money as everywhere else, a capital in front. */
export function said(sentence: string): string {
  const text = sentence.replace(/([+−-]?)(\d[\d,]*(?:\.\d+)?) ([A-Z]{3})\b(?! [A-Z]{3}\b)/g, (whole, sign: string, amount: string, currency: string) => {
    if (!currencies.has(currency)) return whole
    return sign + minorMoney(Math.round(Number(amount.replaceAll(',', '')) * 10 ** minorDigits(currency)), currency)
  })
  const dated = text.replace(/\b\d{4}-\d{2}-\d{2}\b/g, dayOf)
  return dated.charAt(0).toUpperCase() + dated.slice(1)
}
const currencies = new Set(Intl.supportedValuesOf('currency'))

/** A share: one decimal, none from a hundred on. */
export const share = (x: number) => (Math.abs(x) >= 1 ? new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 }).format(x) : percents.format(x))

// Ratios that are read as times, not as a share.
const times = new Set(['coverage', 'ltv_to_cac'])
// Ratios that are read as plain numbers.
const indexes = new Set(['hhi', 'elasticity'])
const hundredth = number(2)

// What is a change by itself: with its sign.
const changes = new Set(['leads_change', 'opportunities_change', 'revenue_change'])

type Kind = { key: string; unit: string; currency?: string | undefined }

/** A value in the unit of its figure. */
export function write(x: number, { key, unit, currency = '' }: Kind): string {
  if (changes.has(key)) return signed(x, (v) => write(v, { key: '', unit, currency }))
  switch (unit) {
    case 'ratio':
      return times.has(key) ? m.figure.times(tenth.format(x)) : indexes.has(key) ? hundredth.format(x) : share(x)
    case 'money':
      return minorMoney(x, currency)
    case 'money_per_day':
      return m.figure.aDay(minorMoney(x, currency))
    case 'money_per_month':
      return m.figure.aMonth(signed(x, (v) => minorMoney(v, currency)))
    case 'days':
      return m.figure.days(tenth.format(x))
    case 'months':
      return m.figure.months(tenth.format(x))
  }
  return Number.isInteger(x) ? whole.format(x) : tenth.format(x)
}

/** With a plus in front of what is above zero. */
export const signed = (x: number, text: (x: number) => string) => (x > 0 ? '+' : x < 0 ? '−' : '') + text(Math.abs(x))

/** The difference of two values of a figure; of shares in points. */
export const writeChange = (x: number, of: Kind) => signed(x, (v) => (of.unit === 'ratio' && !times.has(of.key) ? m.figure.points(tenth.format(100 * v)) : write(v, of)))

export const figureText = (f: Figure) => (f.value === null ? m.none : write(f.value, f))

/** Why a figure has no value. */
export const reasonOf = (f: Figure) => (f.undefined === 'not_asked' && m.figure.notAsked[f.key]) || (m.figure.undefineds[f.undefined ?? ''] ?? f.undefined ?? '')

// What can't be below zero: an interval by Student's t of few observations may say it all the same.
const notNegative = new Set(['days', 'months', 'count'])

/** Where the value lies, "" where no interval was made. */
export function intervalText(f: Figure): string {
  const i = f.interval
  if (!i) return ''
  const low = i.low !== null && (notNegative.has(f.unit) || f.key === 'average_deal') ? Math.max(0, i.low) : i.low
  return rangeText(low, i.high, f)
}

export function rangeText(low: number | null, high: number | null, of: Kind): string {
  if (low === null && high === null) return m.figure.unbounded
  if (high === null) return m.figure.atLeast(write(low!, of))
  if (low === null) return m.figure.atMost(write(high, of))
  return m.figure.between(write(low, of), write(high, of))
}

export type Tone = 'good' | 'warn' | 'bad' | undefined

/**
 * Where a figure stands to its benchmark: in words short and long, and the colour that says it again, one step paler where the interval reaches
 * beyond that side. Beyond the better end is no praise where an alarm waits further out. undefined where nothing is judged.
 */
export function verdictOf(f: Figure): { short: string; long: string; tone: Tone } | undefined {
  return f.band && f.value !== null ? judgementOf(f.band, f) : undefined
}

export function judgementOf(b: NonNullable<Figure['band']>, of: Kind): { short: string; long: string; tone: Tone } | undefined {
  if (b.verdict === 'not_judged') return undefined
  const band = rangeText(b.low, b.high, { key: of.key, unit: of.unit, currency: b.currency ?? of.currency })
  const alarms = (b.verdict === 'above' ? b.alarm_high : b.alarm_low) ?? null
  const better = b.verdict === 'within' || (alarms === null && b.verdict === (b.better === 'lower' ? 'below' : 'above'))
  const tones: [sure: Tone, unsure: Tone] = b.alarm ? ['bad', 'warn'] : better ? ['good', undefined] : ['warn', 'warn']
  const words = b.alarm ? m.figure.alarmed : m.figure.verdicts
  const word = words[b.verdict] ?? b.verdict
  const perhaps = b.sure ? '' : `${m.figure.unsure} `
  return { short: perhaps + word, long: perhaps + (b.alarm ? m.figure.judgedAlarming(word, band) : m.figure.judged(word, band)), tone: tones[b.sure ? 0 : 1] }
}

export const leftOutText = (l: LeftOut) => {
  const money = (l.money ?? []).map((a) => minorMoney(a.minor, a.currency)).join(', ')
  return m.figure.left(l.count, m.figure.reasons[l.reason] ?? l.reason.replaceAll('_', ' ')) + (money && ` (${money})`)
}

// What numerator and denominator count, where it isn't money by count or count by count.
const parts: Record<string, [string, string]> = {
  roi: ['money', 'money'],
  lagged_roi: ['money', 'money'],
  nrr: ['money', 'money'],
  grr: ['money', 'money'],
  coverage: ['money', 'money'],
  payback: ['money', 'money'],
  ltv_to_cac: ['money', 'money'],
  ltv: ['money', 'ratio'],
  velocity: ['money', 'days'],
  stay_mean: ['days', 'count'],
}

/** The division that made the figure, "" where it is none that can be shown. currency is that of the workspace: ratios don't carry one. */
export function workedText(f: Figure, currency: string): string {
  if (f.numerator === undefined || f.denominator === undefined) return ''
  const [over, under] = parts[f.key] ?? [f.unit.startsWith('money') ? 'money' : 'count', 'count']
  const of = (unit: string) => ({ key: '', unit, currency: f.currency || currency })
  return `${write(f.numerator, of(over))} ÷ ${write(f.denominator, of(under))} = ${figureText(f)}`
}

/** The value as a spreadsheet takes it: money in major units, shares as they are. */
export const plain = (x: number | null | undefined, f: Figure): number | null =>
  x === null || x === undefined ? null : f.unit.startsWith('money') ? major(x, f.currency ?? '') : x
