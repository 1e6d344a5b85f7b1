// A change as a fall: from before, part by part, to after. Places are percent of the drawn width.
export type Bar = { name: string; value: number; words: string; whole: boolean; from: number; to: number; zero: number }

export function fall(before: number, parts: readonly { name: string; value: number; words: string }[], after: number): Bar[] {
  const ends = [0, before, after]
  let level = before
  for (const p of parts) ends.push((level += p.value))
  const [low, high] = [Math.min(...ends), Math.max(...ends)]
  const at = (v: number) => (high === low ? 0 : ((v - low) / (high - low)) * 100)
  const bar = (name: string, value: number, a: number, b: number, words: string, whole: boolean): Bar => ({ name, value, words, whole, from: at(Math.min(a, b)), to: at(Math.max(a, b)), zero: at(0) })
  const out = [bar('before', before, 0, before, '', true)]
  level = before
  for (const p of parts) {
    out.push(bar(p.name, p.value, level, level + p.value, p.words, false))
    level += p.value
  }
  out.push(bar('after', after, 0, after, '', true))
  return out
}
