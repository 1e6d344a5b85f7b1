// The geometry of leads by spend: points and a curve in a box, with round marks on both axes.
import type { Returns } from '../../api/measure'

export type Box = { left: number; top: number; right: number; bottom: number }

/** Round marks from 0 to the largest value: at least two, at most six. */
export function marks(most: number): number[] {
  if (!(most > 0)) return [0]
  const rough = most / 4
  const unit = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((k) => k * unit).find((s) => most / s <= 5) ?? 10 * unit
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, i) => i * step)
}

/** How values lie in the box: both axes begin at 0, so that "half" looks like half. */
export function scales(x: Returns, box: Box) {
  const points = x.points ?? []
  const curve = x.curve ?? []
  const spend = Math.max(1, ...points.map((p) => p.spend), ...curve.map((c) => c.spend))
  const leads = Math.max(1, ...points.map((p) => p.leads), ...curve.map((c) => c.leads)) * 1.1
  return {
    spend,
    leads,
    x: (v: number) => box.left + (v / spend) * (box.right - box.left),
    y: (v: number) => box.bottom - (Math.min(v, leads) / leads) * (box.bottom - box.top),
  }
}
