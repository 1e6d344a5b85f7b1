// A change as a fall: from before, part by part, to after. Places are percent of the drawn width.
export type Piece = { name: string; effect: string; value: number; words: string }
export type Bar = Piece & { whole: boolean; from: number; to: number; zero: number }

/** The parts, of which there are most at most: the smallest are added up into one, whose effect is "rest". */
export function gathered(parts: readonly Piece[], most: number): Piece[] {
  const moved = parts.filter((p) => p.value !== 0)
  if (moved.length <= most) return moved
  const rest = moved.slice(most - 1).reduce((sum, p) => sum + p.value, 0)
  return [...moved.slice(0, most - 1), { name: '', effect: 'rest', value: rest, words: '' }]
}

export function fall(before: number, parts: readonly Piece[], after: number): Bar[] {
  const ends = [0, before, after]
  let level = before
  for (const p of parts) ends.push((level += p.value))
  const [low, high] = [Math.min(...ends), Math.max(...ends)]
  const at = (v: number) => (high === low ? 0 : ((v - low) / (high - low)) * 100)
  const bar = (p: Piece, a: number, b: number, whole: boolean): Bar => ({ ...p, whole, from: at(Math.min(a, b)), to: at(Math.max(a, b)), zero: at(0) })
  const end = (name: string, value: number) => bar({ name, effect: '', value, words: '' }, 0, value, true)
  level = before
  const middle = parts.map((p) => bar(p, level, (level += p.value), false))
  return [end('before', before), ...middle, end('after', after)]
}
