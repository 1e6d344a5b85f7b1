// A number with its benchmark: the figure, where it stands in words, and the same drawn. Never colour alone.
import { Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { t } from '../strings'

export type Band = { low: number; high: number }
export type Standing = 'within' | 'below' | 'above' | 'none'

export function standing(value: number | null, band: Band): Standing {
  if (value === null || Number.isNaN(value)) return 'none'
  return value < band.low ? 'below' : value > band.high ? 'above' : 'within'
}

type Props = {
  label: ReactNode
  value: number | null
  band: Band
  /** The end of the scale; the scale begins at 0. */
  scale: number
  write: (value: number) => string
  /** What it was computed of. */
  of?: ReactNode
}

export function Banded({ label, value, band, scale, write, of }: Props) {
  const s = standing(value, band)
  const words = t.band[s](t.band.range(write(band.low), write(band.high)))
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
        <Text size="xs" component="p" m={0} mt={4} className={s === 'within' ? 'good' : s === 'none' ? undefined : 'warn'}>
          {words}
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
