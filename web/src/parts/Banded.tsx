// A number with its benchmark: the figure, where it stands in words, and the same drawn. Never colour alone.
import { Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Figure } from '../api/measure'
import { t } from '../strings'
import { figureText, intervalText, rangeText, verdictOf } from './measure/figures'

type Props = {
  label: ReactNode
  figure: Figure
  /** The end of the scale; the scale begins at 0. */
  scale: number
  /** What it was computed of. */
  of?: ReactNode
}

export function Banded({ label, figure, scale, of }: Props) {
  const { value, band, interval } = figure
  const s = verdictOf(figure)
  const at = (v: number) => Math.min(Math.max(v / scale, 0), 1) * 100
  const [low, high] = [band?.low ?? 0, band?.high ?? scale]
  return (
    <div className="wide">
      <dt>{label}</dt>
      <dd>
        <span className="number">{value === null ? t.unknown : figureText(figure)}</span>
        <svg className="band" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
          <rect className="scale" y="3" width="100" height="2" />
          {band && <rect className="range" x={at(low)} y="2" width={at(high) - at(low)} height="4" />}
          {value !== null && <rect className="mark" x={Math.min(at(value), 99)} y="0" width="1" height="8" />}
        </svg>
        {band && (
          <Text size="xs" component="p" m={0} mt={4} className={s?.tone}>
            {s?.long ?? t.band.none(rangeText(band.low, band.high, figure))}
          </Text>
        )}
        {of && (
          <Text size="xs" c="dimmed" component="p" m={0}>
            {of}
            {interval && ` (${intervalText(figure)})`}
          </Text>
        )}
      </dd>
    </div>
  )
}
