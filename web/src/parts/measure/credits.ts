// Credits of attribution: whole units that add up exactly, which models are shown, and how a credit is written.
import type { Attribution, AttributionRow } from '../../api/measure'
import { locale } from '../../strings'
import { minorMoney } from './figures'

/** The models that are shown at first. */
export const usual = ['first', 'last-non-direct', 'linear', 'u-shaped', 'w-shaped', 'time-decay', 'markov', 'shapley', 'self-reported']

/** Those that the URL names, in the report's order: "all", names with commas between them, or without any the usual ones. */
export function chosenModels(named: string | undefined, all: readonly string[]): string[] {
  if (named === 'all') return [...all]
  const wanted = named ? named.split(',') : usual
  const found = all.filter((k) => wanted.includes(k))
  return found.length > 0 ? found : [...all]
}

/** The URL's word after one model was chosen or left out. One stays. */
export function withModel(all: readonly string[], chosen: readonly string[], model: string, on: boolean): string {
  const next = all.filter((k) => (k === model ? on : chosen.includes(k)))
  if (next.length === 0) return chosen.join(',')
  if (next.length === all.length) return 'all'
  const few = all.filter((k) => usual.includes(k))
  return next.length === few.length && next.every((k) => few.includes(k)) ? '' : next.join(',')
}

/** Every model's credits added up, in whole units. */
export function sums(rows: readonly AttributionRow[], models: readonly string[]): Record<string, number> {
  return Object.fromEntries(models.map((k) => [k, rows.reduce((sum, r) => sum + (r.credits[k] ?? 0), 0)]))
}

export function median(numbers: readonly number[]): number {
  const x = [...numbers].sort((a, b) => a - b)
  const half = Math.floor(x.length / 2)
  return x.length === 0 ? 0 : x.length % 2 ? x[half]! : (x[half - 1]! + x[half]!) / 2
}

const tenth = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })

/** A credit as money, or as deals. */
export const creditText = (credit: number, r: Pick<Attribution, 'measure' | 'unit' | 'currency'>) =>
  r.measure === 'revenue' || r.measure === 'pipeline' ? minorMoney(credit, r.currency) : tenth.format(credit / r.unit)
