// A figure over months, as small as a word. A month without a value is a gap; a month alone is a dot.
import { m } from '../../strings.measure'

const [wide, high] = [96, 22]

/** The pieces of a line through values that may be missing, as points in a box. */
export function pieces(values: readonly (number | null)[], width = wide, height = high): [number, number][][] {
  const known = values.filter((v): v is number => v !== null)
  if (known.length === 0) return []
  const [low, top] = [Math.min(0, ...known), Math.max(0, ...known)]
  const x = (i: number) => (values.length < 2 ? width / 2 : (i / (values.length - 1)) * width)
  const y = (v: number) => (top === low ? height / 2 : height - ((v - low) / (top - low)) * height)
  const out: [number, number][][] = []
  let piece: [number, number][] = []
  values.forEach((v, i) => {
    if (v === null) piece = []
    else {
      if (piece.length === 0) out.push(piece)
      piece.push([x(i), y(v)])
    }
  })
  return out
}

export const path = (points: readonly (readonly [number, number])[]) => points.map(([x, y], i) => `${i ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`).join('')

export function Trend({ values, label, write }: { values: readonly (number | null)[]; label: string; write: (v: number) => string }) {
  const known = values.filter((v): v is number => v !== null)
  if (known.length === 0) return <span title={m.channels.noTrend}>{m.none}</span>
  return (
    <svg className="trend" viewBox={`-2 -2 ${wide + 4} ${high + 4}`} role="img" aria-label={m.channels.trendOf(label, write(known[0]!), write(known.at(-1)!), values.length)}>
      <line className="base" x1="0" x2={wide} y1={high} y2={high} />
      {pieces(values).map((p) => (p.length > 1 ? <path key={p[0]![0]} d={path(p)} /> : <circle key={p[0]![0]} cx={p[0]![0]} cy={p[0]![1]} r="1.6" />))}
    </svg>
  )
}
