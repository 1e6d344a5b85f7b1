// A light editor of text: numbered lines, problems at their line, indenting. Undo is the page's, so that forms and text share it.
import { Text as Words } from '@mantine/core'
import { type KeyboardEvent, memo, useEffect, useRef } from 'react'
import type { PlaybookProblem } from '../api/types'
import { p } from '../strings.playbook'

type Props = { text: string; readOnly: boolean; problems: readonly PlaybookProblem[]; goTo: { line: number; column?: number; focus: boolean; key: number } | undefined; type: (text: string) => void; undo: () => void; redo: () => void }

export type Edited = { text: string; from: number; to: number }

const step = '  '

/** The lines of a selection, indented or taken back. */
export function indented(text: string, from: number, to: number, back: boolean): Edited {
  if (from === to && !back) {
    const pad = step.slice((from - (text.lastIndexOf('\n', from - 1) + 1)) % step.length)
    return { text: text.slice(0, from) + pad + text.slice(to), from: from + pad.length, to: from + pad.length }
  }
  return lines(text, from, to, (l) => (back ? l.replace(/^ {1,2}/, '') : l && step + l))
}

/** The lines of a selection as comments, or as text again when all of them are comments. */
export function commented(text: string, from: number, to: number): Edited {
  const start = text.lastIndexOf('\n', from - 1) + 1
  const all = text.slice(start, to).split('\n').filter((l) => l.trim())
  const off = all.length > 0 && all.every((l) => l.trimStart().startsWith('#'))
  return lines(text, from, to, (l) => (!l.trim() ? l : off ? l.replace(/^(\s*)# ?/, '$1') : l.replace(/^(\s*)/, '$1# ')))
}

function lines(text: string, from: number, to: number, change: (line: string) => string): Edited {
  const start = text.lastIndexOf('\n', from - 1) + 1
  const after = text.indexOf('\n', to)
  const end = after < 0 ? text.length : after
  const old = text.slice(start, end).split('\n')
  const next = old.map(change)
  const first = next[0]!.length - old[0]!.length
  const grown = next.join('\n').length - (end - start)
  return { text: text.slice(0, start) + next.join('\n') + text.slice(end), from: Math.max(start, from + first), to: Math.max(start, to + grown) }
}

/** A new line that begins where the one before does. */
export function broken(text: string, from: number, to: number): Edited {
  const line = text.slice(text.lastIndexOf('\n', from - 1) + 1, from)
  const pad = '\n' + /^ */.exec(line)![0] + (/:\s*$/.test(line) ? step : '')
  return { text: text.slice(0, from) + pad + text.slice(to), from: from + pad.length, to: from + pad.length }
}

export function Text({ text, readOnly, problems, goTo, type, undo, redo }: Props) {
  const area = useRef<HTMLTextAreaElement>(null)
  const gutter = useRef<HTMLDivElement>(null)
  const select = useRef<[number, number]>(undefined)
  const leaving = useRef(false)
  useEffect(() => {
    if (select.current) area.current?.setSelectionRange(...select.current)
    select.current = undefined
  }, [text])
  useEffect(() => {
    const el = area.current
    if (!goTo || !el) return
    const offset = el.value.split('\n').slice(0, goTo.line - 1).reduce((n, l) => n + l.length + 1, 0)
    const height = el.scrollHeight / Math.max(1, el.value.split('\n').length)
    el.scrollTop = Math.max(0, (goTo.line - 6) * height)
    if (!goTo.focus) return
    el.focus({ preventScroll: true })
    el.setSelectionRange(offset + Math.max(0, (goTo.column ?? 1) - 1), offset + (el.value.split('\n')[goTo.line - 1]?.length ?? 0))
  }, [goTo])
  const take = (e: KeyboardEvent, next: Edited) => {
    e.preventDefault()
    select.current = [next.from, next.to]
    type(next.text)
  }
  const keys = (e: KeyboardEvent<HTMLTextAreaElement>) => {
    const { selectionStart: from, selectionEnd: to, value } = e.currentTarget
    const command = e.ctrlKey || e.metaKey
    const away = leaving.current
    leaving.current = e.key === 'Escape'
    if (readOnly) return
    if (e.key === 'Tab' && !away && !command && !e.altKey) take(e, indented(value, from, to, e.shiftKey))
    else if (e.key === 'Enter' && !command && !e.nativeEvent.isComposing) take(e, broken(value, from, to))
    else if (command && e.key === '/') take(e, commented(value, from, to))
    else if (command && !e.altKey && e.key.toLowerCase() === 'z') {
      e.preventDefault()
      if (e.shiftKey) redo()
      else undo()
    } else if (command && e.key.toLowerCase() === 'y') {
      e.preventDefault()
      redo()
    }
  }
  return (
    <div>
      <div className="pb-editor">
        <Gutter lines={text.split('\n').length} marks={marksOf(problems)} at={goTo?.line} hold={gutter} />
        <textarea
          ref={area}
          aria-label={p.text}
          aria-describedby="pb-text-hint"
          aria-invalid={problems.some((x) => x.severity === 'error')}
          value={text}
          readOnly={readOnly}
          wrap="off"
          spellCheck={false}
          autoCapitalize="off"
          autoCorrect="off"
          onChange={(e) => type(e.currentTarget.value)}
          onKeyDown={keys}
          onScroll={(e) => gutter.current && (gutter.current.scrollTop = e.currentTarget.scrollTop)}
        />
      </div>
      <Words size="xs" c="dimmed" id="pb-text-hint" mt={4}>
        {p.textHint}
      </Words>
    </div>
  )
}

const marksOf = (problems: readonly PlaybookProblem[]) =>
  problems
    .filter((x) => x.line > 0)
    .map((x) => `${x.line}:${x.severity}`)
    .sort()
    .reverse() // an error wins over a warning of its line
    .join(' ')

const Gutter = memo(function Gutter({ lines, marks, at, hold }: { lines: number; marks: string; at: number | undefined; hold: React.RefObject<HTMLDivElement | null> }) {
  const of = new Map(marks.split(' ').map((m) => m.split(':') as [string, string]))
  return (
    <div className="pb-gutter" aria-hidden ref={hold}>
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} data-severity={of.get(String(i + 1))} data-at={at === i + 1 || undefined}>
          {of.has(String(i + 1)) ? '● ' : ''}
          {i + 1}
        </span>
      ))}
      <span>&nbsp;</span>
    </div>
  )
})
