// A number with its benchmark: the figure, where it stands in words, and the same drawn. Never colour alone.
import { Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { t } from '../strings'
import { judgementOf, rangeText } from './measure/figures'

/** A share's benchmark, and below what it is an alarm. More is better. */
export type Band = { low: number; high: number; alarm: number }

// Below so many observations a share is only perhaps where it stands.
const enough = 20

/** How a share stands to its band: as every figure is judged. */
export function standing(value: number | null, n: number, { low, high, alarm }: Band): ReturnType<typeof judgementOf> {
  if (value === null || Number.isNaN(value)) return undefined
  const verdict = value < low ? 'below' : value > high ? 'above' : 'within'
  return judgementOf({ low, high, alarm_low: alarm, better: 'higher', source: '', verdict, sure: n >= enough, ...(value < alarm && { alarm: verdict }) }, { key: '', unit: 'ratio' })
}

type Props = {
  label: ReactNode
  value: number | null
  /** Of how many. */
  n: number
  band: Band
  /** The end of the scale; the scale begins at 0. */
  scale: number
  write: (value: number) => string
  /** What it was computed of. */
  of?: ReactNode
}

export function Banded({ label, value, n, band, scale, write, of }: Props) {
  const s = standing(value, n, band)
  const at = (v: number) => Math.min(Math.max(v / scale, 0), 1) * 100
  return (
    <div className="wide">
      <dt>{label}</dt>
      <dd>
        <span className="number">{value === null ? t.unknown : write(value)}</span>
        <svg className="band" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
          <rect className="scale" y="3" width="100" height="2" />
          <rect className="range" x={at(band.low)} y="2" width={at(band.high) - at(band.low)} height="4" />
          {value !== null && <rect className="mark" x={Math.min(at(value), 99)} y="0" width="1" height="8" />}
        </svg>
        <Text size="xs" component="p" m={0} mt={4} className={s?.tone}>
          {s?.long ?? t.band.none(rangeText(band.low, band.high, { key: '', unit: 'ratio' }))}
        </Text>
        {of && (
          <Text size="xs" c="dimmed" component="p" m={0}>
            {of}
          </Text>
        )}
      </dd>
    </div>
  )
}
