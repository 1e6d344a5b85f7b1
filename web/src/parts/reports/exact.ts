// Published figures with all of their decimals, so that what is read adds up.
import type { Ask, Line, Published } from '../../api/reports'
import { locale } from '../../strings'
import { m } from '../../strings.measure'
import { w } from '../../strings.reports'

type Of = Pick<Published, 'unit' | 'currency' | 'digits'> & { adds?: boolean }

const fixed = (x: number, digits: number, style: Intl.NumberFormatOptions = {}) => new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits, ...style }).format(x)

function money(x: number, f: Of): string {
  try {
    if (f.currency) return fixed(x, f.digits, { style: 'currency', currency: f.currency })
  } catch {
    // no currency that the browser knows
  }
  return `${fixed(x, f.digits)} ${f.currency ?? ''}`.trim()
}

/** A value with its unit. */
export function exact(v: number | null, f: Of): string {
  if (v === null) return f.adds ? w.noneRecorded : w.none
  const x = v / 10 ** f.digits
  switch (f.unit) {
    case 'money':
      return money(x, f)
    case 'money_per_day':
      return m.figure.aDay(money(x, f))
    case 'ratio':
      return fixed(x, Math.max(0, f.digits - 2), { style: 'percent' })
    case 'days':
      return m.figure.days(fixed(x, f.digits))
    case 'months':
      return m.figure.months(fixed(x, f.digits))
  }
  return fixed(x, f.digits)
}

/** A difference with its sign; of shares in points. What is no difference is a dash. */
export function change(v: number | null, f: Of): string {
  if (v === null) return w.none
  if (v === 0) return m.none
  const size = Math.abs(v)
  const text = f.unit === 'ratio' ? w.points(fixed((size / 10 ** f.digits) * 100, Math.max(0, f.digits - 2))) : exact(size, f)
  return (v > 0 ? '+' : '−') + text
}

/** What a figure is of: a channel, a step of the funnel, something credited; all of it where it is of nothing in particular. */
export const segmentOf = (f: Pick<Line, 'segment'>) => (f.segment ? (f.segment === '(not known)' ? w.unknown : (m.funnel.steps[f.segment] ?? f.segment)) : w.whole)
export const labelOf = (f: Pick<Line, 'label'>) => m.attribution.models[f.label]?.[0] ?? f.label

/** What a report was asked beside its days, in words. */
export function askedText(a: Ask): string {
  const said = (name: string, v: string | number) => {
    if (name === 'lead_by') return m.period.leadByChoices[v as 'created' | 'first'].toLowerCase()
    if (name === 'by') return m.dimensions[v]?.toLowerCase() ?? String(v)
    if (name === 'measure') return m.attribution.measures[v]?.toLowerCase() ?? String(v)
    return String(v)
  }
  return Object.entries(a)
    .filter(([name, v]) => name in w.asks && v)
    .map(([name, v]) => `${w.asks[name]} ${said(name, v)}`)
    .join(', ')
}

/** The page of the measure that the report is of, and the same question there. */
export function liveOf(kind: string, a: Ask): { to: string; search: Record<string, string> } {
  const { from = '', to = '', ...rest } = a
  const page = kind === 'economics' ? 'channels' : kind
  return { to: `/measure/${page}`, search: { period: 'custom', from, to, ...Object.fromEntries(Object.entries(rest).filter(([, v]) => v).map(([k, v]) => [k, String(v)])) } }
}

/** What a fact says: a correction of tags, which is stored as it was asked for, in a line. */
export function factText(what: string): string {
  if (!what.startsWith('{')) return what
  try {
    const rule = JSON.parse(what) as { match?: Record<string, string>; set?: Record<string, string> }
    const of = (x: Record<string, string> = {}) => Object.entries(x).map(([k, v]) => `${k} ${v}`).join(', ')
    return rule.match && rule.set ? `${of(rule.match)} → ${of(rule.set)}` : what
  } catch {
    return what
  }
}
