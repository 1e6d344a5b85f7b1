// One document, two views: what a form changes is put into the YAML's text where it stands, so that comments, order and layout stay as
// they were written. Every change is checked by reading the text again; what can't be done in place is done by writing the document anew,
// and what can't be done at all (a value behind an alias) is refused.
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, Scalar, stringify, type YAMLMap, type YAMLSeq } from 'yaml'
import { at, type Path, pathText } from './path'

/** A text as read: its value, or where it can't be read. */
export type Reading = { text: string; doc: Document.Parsed; value: unknown; problem?: { line: number; column: number; message: string }; lines: LineCounter }

/** A form's change that only the text can make. */
export class NotHere extends Error {}

let last: Reading | undefined

/** Reads a text. The last one is kept. */
export function read(text: string): Reading {
  if (last?.text === text) return last
  const lines = new LineCounter()
  const doc = parseDocument(text, { merge: true, lineCounter: lines, prettyErrors: false })
  const first = doc.errors[0]
  const reading: Reading = { text, doc, value: undefined, lines }
  if (first) {
    const at = lines.linePos(first.pos[0])
    reading.problem = { line: at.line, column: at.col, message: first.message }
  } else {
    try {
      reading.value = doc.toJS({ maxAliasCount: 500 })
    } catch (e) {
      reading.problem = { line: 1, column: 1, message: e instanceof Error ? e.message : String(e) }
    }
  }
  last = reading
  return reading
}

/** The line of what stands at a path, or of what is nearest above it. From 1. */
export function lineOf(r: Reading, path: Path): number {
  for (let n = path.length; n > 0; n--) {
    const found = find(r.doc, path.slice(0, n))
    const start = found && startOf(found)
    if (start !== undefined) return r.lines.linePos(start).line
  }
  return 1
}

/** What the text says beside or above a value: where a figure comes from. */
export function commentAt(r: Reading, path: Path): string {
  const found = find(r.doc, path)
  const value = found?.value
  const key = found?.pair?.key
  const words = [value?.comment, isMap(value) || isSeq(value) ? undefined : value?.commentBefore, isScalar(key) ? key.comment : undefined]
  return words
    .filter((w): w is string => !!w)
    .map((w) => w.trim().replace(/\s*\n\s*/g, ' '))
    .join(' ')
}

type Found = { value: Node | null; pair?: Pair; parent?: YAMLMap | YAMLSeq; index?: number }

function find(doc: Document.Parsed, path: Path): Found | undefined {
  let found: Found = { value: doc.contents as Node | null }
  for (const step of path) {
    const in_: Node | null = found.value
    if (isMap(in_)) {
      const pair = in_.items.find((p) => isScalar(p.key) && p.key.value === step)
      if (!pair) return undefined
      found = { value: (pair.value ?? null) as Node | null, pair, parent: in_, index: in_.items.indexOf(pair) }
    } else if (isSeq(in_) && typeof step === 'number') {
      if (step >= in_.items.length) return undefined
      found = { value: in_.items[step] as Node | null, parent: in_, index: step }
    } else return undefined
  }
  return found
}

const startOf = (f: Found) => (f.pair ? (f.pair.key as Node).range?.[0] : f.value?.range?.[0])

/** The value with another at a path; undefined leaves it out. */
function withValue(value: unknown, path: Path, next: unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined) return next
  if (typeof step === 'number') {
    const list = Array.isArray(value) ? [...value] : []
    if (rest.length === 0 && next === undefined) list.splice(step, 1)
    else list[step] = withValue(list[step], rest, next)
    return list
  }
  const map: Record<string, unknown> = typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
  if (rest.length === 0 && next === undefined) delete map[step]
  else map[step] = withValue(map[step], rest, next)
  return map
}

// Key order is no meaning.
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((k) => k in b && same((a as Record<string, unknown>)[k], (b as Record<string, unknown>)[k]))
}

function checked(text: string, want: unknown, inPlace: (r: Reading) => string | undefined, anew: (doc: Document.Parsed) => void): string {
  const r = read(text)
  if (r.problem) throw new NotHere(r.problem.message)
  const patched = inPlace(r)
  if (patched !== undefined) {
    const again = read(patched)
    if (!again.problem && same(again.value, want)) return patched
  }
  try {
    const doc = parseDocument(text, { merge: true })
    anew(doc)
    const written = doc.toString({ lineWidth: 0, flowCollectionPadding: false })
    const again = read(written)
    if (!again.problem && same(again.value, want)) return written
  } catch {
    // said below
  }
  throw new NotHere(pathText([]))
}

/** The text with another value at a path; undefined takes it out. A list without entries is taken out. */
export function set(text: string, path: Path, value: unknown): string {
  const r = read(text)
  if (Array.isArray(value) && value.length === 0) value = undefined
  const present = at(r.value, path)
  if (value === undefined) return present === undefined ? text : remove(text, path)
  if (present !== undefined && same(present, value)) return text
  const parent = path.slice(0, -1)
  if (path.length > 1 && at(r.value, parent) === undefined) return set(text, parent, { [path.at(-1) as string]: value })
  return checked(
    text,
    withValue(r.value, path, value),
    (r) => {
      const found = find(r.doc, path)
      return found ? replaced(r.text, found, value) : keyAdded(r, path, value)
    },
    (doc) => doc.setIn(path, doc.createNode(value)),
  )
}

/** The text without what stands at a path. The last entry of a list goes with the list. */
export function remove(text: string, path: Path): string {
  const r = read(text)
  const parent = path.slice(0, -1)
  const list = at(r.value, parent)
  if (Array.isArray(list) && list.length === 1 && parent.length > 0) return remove(text, parent)
  return checked(
    text,
    withValue(r.value, path, undefined),
    (r) => cut(r.text, find(r.doc, path)),
    (doc) => void doc.deleteIn(path),
  )
}

/** The text with a further entry in the list at a path, before index. */
export function insert(text: string, path: Path, index: number, value: unknown): string {
  const r = read(text)
  const list = at(r.value, path)
  if (!Array.isArray(list) || list.length === 0) return set(text, path, [value])
  return checked(
    text,
    withValue(r.value, path, list.toSpliced(index, 0, value)),
    (r) => {
      const seq = find(r.doc, path)?.value
      return isSeq(seq) ? entryAdded(r.text, seq, index, value) : undefined
    },
    (doc) => {
      const seq = doc.getIn(path)
      if (isSeq(seq)) seq.items.splice(index, 0, doc.createNode(value))
    },
  )
}

/** The text with an entry of the list at a path in another place. */
export function move(text: string, path: Path, from: number, to: number): string {
  const r = read(text)
  const list = at(r.value, path)
  if (!Array.isArray(list) || from === to || to < 0 || to >= list.length) return text
  return checked(
    text,
    withValue(r.value, path, list.toSpliced(from, 1).toSpliced(to, 0, list[from])),
    (r) => {
      const found = find(r.doc, path)
      const seq = found?.value
      if (!isSeq(seq)) return undefined
      return seq.flow ? replaced(r.text, found!, list.toSpliced(from, 1).toSpliced(to, 0, list[from])) : moved(r.text, seq, from, to)
    },
    (doc) => {
      const seq = doc.getIn(path)
      if (isSeq(seq)) seq.items.splice(to, 0, ...seq.items.splice(from, 1))
    },
  )
}

const lineStart = (text: string, offset: number) => text.lastIndexOf('\n', offset - 1) + 1
const lineEnd = (text: string, offset: number) => {
  const end = text.indexOf('\n', offset)
  return end < 0 ? text.length : end
}

/** Where the content of a node ends, without what follows it. */
function contentEnd(text: string, node: Node | null | undefined): number | undefined {
  if ((isMap(node) || isSeq(node)) && !node.flow && node.items.length > 0) {
    const item: unknown = node.items.at(-1)
    if (isMap(node)) {
      const pair = item as Pair
      return contentEnd(text, pair.value as Node | null) ?? (pair.key as Node).range?.[1]
    }
    return contentEnd(text, item as Node | null)
  }
  const end = node?.range?.[1]
  return end !== undefined && end > 0 && text[end - 1] === '\n' ? end - 1 : end
}

/** The dash of an entry of a block list. */
function dashOf(text: string, item: unknown): number | undefined {
  const start = (item as Node | null)?.range?.[0]
  if (start === undefined) return undefined
  const before = /-\s+$/.exec(text.slice(lineStart(text, start), start))
  return before ? start - before[0].length : undefined
}

function replaced(text: string, found: Found, value: unknown): string | undefined {
  const node = found.value
  if (!node?.range || isAlias(node)) return undefined
  const [start, end] = [node.range[0], node.range[1]]
  const inFlow = !!found.parent?.flow
  if (isScalar(node)) {
    if (typeof value === 'object' && value !== null) return undefined
    if (node.type === 'BLOCK_FOLDED' || node.type === 'BLOCK_LITERAL') return undefined
    const quotes = typeof value === 'string' && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE') ? node.type : undefined
    const word = written(value, inFlow, quotes)
    if (start === end) return text.slice(0, start) + (text[start - 1] === ':' ? ' ' : '') + word + text.slice(end)
    return text.slice(0, start) + word + text.slice(end)
  }
  if ((isMap(node) || isSeq(node)) && node.flow) return text.slice(0, start) + flow(value) + text.slice(end)
  if (isSeq(node) && Array.isArray(value)) return listReplaced(text, node, value)
  return undefined
}

// Entries that stay keep their lines and comments.
function listReplaced(text: string, seq: YAMLSeq, value: readonly unknown[]): string | undefined {
  const old = (seq.toJSON() as unknown[]) ?? []
  let head = 0
  while (head < old.length && head < value.length && same(old[head], value[head])) head++
  let tail = 0
  while (tail < old.length - head && tail < value.length - head && same(old[old.length - 1 - tail], value[value.length - 1 - tail])) tail++
  const dashes = seq.items.map((item) => dashOf(text, item))
  const first = dashes[0]
  if (first === undefined || dashes.includes(undefined)) return undefined
  const indent = first - lineStart(text, first)
  const from = head === 0 ? lineStart(text, first) : lineEnd(text, contentEnd(text, seq.items[head - 1] as Node) ?? 0) + 1
  const lastOut = old.length - tail - 1
  const to = lastOut < head ? from : lineEnd(text, contentEnd(text, seq.items[lastOut] as Node) ?? 0) + 1
  const lines = value.slice(head, value.length - tail).map((v) => `${entry(v, indent)}\n`)
  const before = text.length < from ? text + '\n' : text.slice(0, from) // the last line may lack its end
  return before + lines.join('') + text.slice(to)
}

function keyAdded(r: Reading, path: Path, value: unknown): string | undefined {
  const map = path.length === 1 ? r.doc.contents : find(r.doc, path.slice(0, -1))?.value
  const key = path.at(-1)
  if (!isMap(map) || typeof key !== 'string' || !map.range) return undefined
  const lastPair = map.items.at(-1)
  if (map.flow) {
    const end = lastPair ? ((lastPair.value as Node | null)?.range?.[1] ?? (lastPair.key as Node).range?.[1]) : map.range[0] + 1
    if (end === undefined) return undefined
    return `${r.text.slice(0, end)}${lastPair ? ', ' : ''}${key}: ${flow(value)}${r.text.slice(end)}`
  }
  const start = (map.items[0]?.key as Node | undefined)?.range?.[0]
  const end = contentEnd(r.text, map)
  if (start === undefined || end === undefined) return undefined
  const eol = lineEnd(r.text, end)
  return `${r.text.slice(0, eol)}\n${pairText(key, value, start - lineStart(r.text, start))}${r.text.slice(eol)}`
}

function entryAdded(text: string, seq: YAMLSeq, index: number, value: unknown): string | undefined {
  if (seq.flow) {
    const before = seq.items[index - 1] as Node | undefined
    if (before?.range) return `${text.slice(0, before.range[1])}, ${flow(value)}${text.slice(before.range[1])}`
    const start = (seq.items[0] as Node).range?.[0]
    return start === undefined ? undefined : `${text.slice(0, start)}${flow(value)}, ${text.slice(start)}`
  }
  const dash = dashOf(text, seq.items[0])
  if (dash === undefined) return undefined
  const line = entry(value, dash - lineStart(text, dash))
  if (index === 0) return `${text.slice(0, lineStart(text, dash))}${line}\n${text.slice(lineStart(text, dash))}`
  const end = contentEnd(text, seq.items[index - 1] as Node)
  if (end === undefined) return undefined
  const eol = lineEnd(text, end)
  return `${text.slice(0, eol)}\n${line}${text.slice(eol)}`
}

function cut(text: string, found: Found | undefined): string | undefined {
  if (!found?.parent || found.index === undefined) return undefined
  const items = found.parent.items as unknown[]
  const nodeStart = (item: unknown) => (isMap(found.parent) ? ((item as Pair).key as Node).range?.[0] : (item as Node | null)?.range?.[0])
  const nodeEnd = (item: unknown) => (isMap(found.parent) ? (contentEnd(text, (item as Pair).value as Node | null) ?? ((item as Pair).key as Node).range?.[1]) : contentEnd(text, item as Node | null))
  const item = items[found.index]
  if (found.parent.flow) {
    const after = items[found.index + 1]
    const start = found.index > 0 && after === undefined ? nodeEnd(items[found.index - 1]) : nodeStart(item)
    const end = after === undefined ? nodeEnd(item) : nodeStart(after)
    return start === undefined || end === undefined ? undefined : text.slice(0, start) + text.slice(end)
  }
  const start = isMap(found.parent) ? nodeStart(item) : dashOf(text, item)
  const end = nodeEnd(item)
  if (start === undefined || end === undefined || text.slice(lineStart(text, start), start).trim() !== '') return undefined
  return text.slice(0, lineStart(text, start)) + text.slice(lineEnd(text, end) + 1)
}

function moved(text: string, seq: YAMLSeq, from: number, to: number): string | undefined {
  const span = (i: number): [number, number] | undefined => {
    const dash = dashOf(text, seq.items[i])
    const end = contentEnd(text, seq.items[i] as Node)
    return dash === undefined || end === undefined ? undefined : [lineStart(text, dash), lineEnd(text, end)]
  }
  const [a, b] = [span(from), span(to)]
  if (!a || !b) return undefined
  const block = text.slice(a[0], a[1])
  if (from < to) return text.slice(0, a[0]) + text.slice(a[1] + 1, b[1]) + '\n' + block + text.slice(b[1])
  return text.slice(0, b[0]) + block + '\n' + text.slice(b[0], a[0]) + text.slice(Math.min(a[1] + 1, text.length))
}

// Words that other readers of YAML take for something else.
const risky = /^(?:[-+.\d].*|y|yes|n|no|on|off|~)$/i

/** A scalar on one line. */
function written(value: unknown, inFlow: boolean, quotes?: 'QUOTE_DOUBLE' | 'QUOTE_SINGLE'): string {
  if (typeof value !== 'string') return String(value)
  const scalar = new Scalar(value)
  const type = quotes ?? (risky.test(value) ? 'QUOTE_DOUBLE' : undefined)
  if (type) scalar.type = type
  const options = { lineWidth: 0, blockQuote: false as const, flowCollectionPadding: false }
  if (!inFlow) return stringify(scalar, options).trimEnd()
  return stringify([scalar], { ...options, collectionStyle: 'flow' }).trim().slice(1, -1)
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  if (typeof value !== 'object' || value === null) return written(value, true)
  const pairs = Object.entries(value).filter(([, v]) => v !== undefined)
  return `{${pairs.map(([k, v]) => `${k}: ${flow(v)}`).join(', ')}}`
}

const flat = (v: unknown) => typeof v !== 'object' || v === null || (Array.isArray(v) && v.every((x) => typeof x !== 'object' || x === null))

function pairText(key: string, value: unknown, indent: number): string {
  const head = `${' '.repeat(indent)}${key}:`
  if (Array.isArray(value) && !flat(value)) return [head, ...value.map((v) => entry(v, indent + 2))].join('\n')
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && flow(value).length > 90) return [head, ...pairs(value, indent + 2)].join('\n')
  return `${head} ${typeof value === 'object' && value !== null ? flow(value) : written(value, false)}`
}

const pairs = (value: object, indent: number) => Object.entries(value).filter(([, v]) => v !== undefined).map(([k, v]) => pairText(k, v, indent))

/** An entry of a block list: small ones on one line. */
function entry(value: unknown, indent: number): string {
  const dash = `${' '.repeat(indent)}- `
  if (typeof value !== 'object' || value === null) return dash + written(value, false)
  if (Array.isArray(value) || (Object.values(value).every(flat) && flow(value).length <= 90)) return dash + flow(value)
  return dash + pairs(value, indent + 2).join('\n').trimStart()
}
