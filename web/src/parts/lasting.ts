import type { Time } from '../api/types'
import { locale, t } from '../strings'

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

/** "3 days": how long something has lasted, in the largest unit of which there is one. */
export function lasting(since: Time | undefined, now: number): string {
  if (!since) return t.unknown
  const ms = now - new Date(since).getTime()
  const [unit, size] = units.find(([, size]) => ms >= size) ?? (['minute', 60_000] as const)
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(Math.max(Math.floor(ms / size), 0))
}
