// Two playbooks beside each other: what differs in meaning, and in the text.
import { Table, Text } from '@mantine/core'
import { diffLines } from 'diff'
import { Fragment, useMemo } from 'react'
import type { Change } from '../api/types'
import { p } from '../strings.playbook'

export function Meaning({ changes }: { changes: readonly Change[] }) {
  if (changes.length === 0) return <Text c="dimmed">{p.noMeaning}</Text>
  return (
    <div className="scroll">
      <Table className="table" verticalSpacing={4} horizontalSpacing="xs" aria-label={p.meaning}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{p.what}</Table.Th>
            <Table.Th>{p.before}</Table.Th>
            <Table.Th>{p.after}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {changes.map((c) => (
            <Table.Tr key={c.path + c.kind}>
              <Table.Td className="wrap">{c.label}</Table.Td>
              <Table.Td className="wrap">{c.before ?? <Text span c="dimmed">{p.none}</Text>}</Table.Td>
              <Table.Td className="wrap">{c.after ?? <Text span c="dimmed">{p.kinds[c.kind] ?? c.kind}</Text>}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  )
}

export type Piece = { kind: 'same' | 'out' | 'in'; lines: string[] }

/** The pieces of a text diff. */
export const pieces = (before: string, after: string): Piece[] =>
  diffLines(before, after).map((c) => ({ kind: c.added ? 'in' : c.removed ? 'out' : 'same', lines: c.value.replace(/\n$/, '').split('\n') }))

const around = 3

export function TextDiff({ before, after }: { before: string; after: string }) {
  const all = useMemo(() => pieces(before, after), [before, after])
  if (all.every((x) => x.kind === 'same')) return <Text c="dimmed">{p.noText}</Text>
  return (
    <pre className="pb-diff" tabIndex={0} aria-label={p.textDiff}>
      {all.map((x, i) => {
        if (x.kind !== 'same') return x.lines.map((l, j) => <Line key={`${i} ${j}`} kind={x.kind} text={l} />)
        const head = i === 0 ? 0 : around
        const tail = i === all.length - 1 ? 0 : around
        if (x.lines.length <= head + tail + 1) return x.lines.map((l, j) => <Line key={`${i} ${j}`} kind="same" text={l} />)
        return (
          <Fragment key={i}>
            {x.lines.slice(0, head).map((l, j) => <Line key={`h${j}`} kind="same" text={l} />)}
            <span data-kind="gap">{p.unchanged(x.lines.length - head - tail)}</span>
            {x.lines.slice(x.lines.length - tail).map((l, j) => <Line key={`t${j}`} kind="same" text={l} />)}
          </Fragment>
        )
      })}
    </pre>
  )
}

const sign = { same: ' ', out: '−', in: '+' }

const Line = ({ kind, text }: { kind: Piece['kind']; text: string }) => (
  <span data-kind={kind}>
    {sign[kind]} {text}
  </span>
)
