// A change taken apart: from before to after, part by part, as bars, and beside them the words that say the same.
import { Table } from '@mantine/core'
import type { Change } from '../../api/measure'
import { m } from '../../strings.measure'
import { fall, gathered } from './waterfall'
import { said, write, writeChange } from './figures'

// Of what costs money less is better, and of spend alone neither.
const tone = (key: string, value: number) => (key === 'spend' ? 'whole' : (key === 'cpl' ? value <= 0 : value >= 0) ? 'up' : 'down')

/** name says what a part is called; of many parts the smallest are gathered into one. */
export function Fall({ c, title, name, most = 8 }: { c: Change; title: string; name: (part: string, effect: string) => string; most?: number }) {
  const of = { key: c.key, unit: c.unit, currency: c.currency }
  if (c.value === null || c.before === null || c.after === null) return <p className="hint">{m.moved.none(m.figure.undefineds[c.undefined ?? ''] ?? c.undefined ?? '')}</p>
  const bars = fall(c.before, gathered(c.parts ?? [], most), c.after)
  return (
    <div className="scroll" role="group" aria-label={title} tabIndex={0}>
      <Table className="table sheet" verticalSpacing={4} horizontalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{m.moved.part}</Table.Th>
            <Table.Th className="figure">{m.moved.effect}</Table.Th>
            <Table.Td w="42%" />
            <Table.Th visibleFrom="md">{m.moved.words}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {bars.map((b, i) => (
            <Table.Tr key={i}>
              <Table.Td>{b.name === 'before' ? m.moved.before : b.name === 'after' ? m.moved.after : b.effect === 'rest' ? m.moved.rest : name(b.name, b.effect)}</Table.Td>
              <Table.Td className="figure">{b.whole ? write(b.value, of) : writeChange(b.value, of)}</Table.Td>
              <Table.Td aria-hidden="true">
                <svg className="fall" viewBox="0 0 100 18" preserveAspectRatio="none">
                  <line className="axis" x1={b.zero} x2={b.zero} y1="0" y2="18" />
                  <rect className={b.whole ? 'whole' : tone(c.key, b.value)} x={b.from} width={Math.max(b.to - b.from, 0.4)} y="3" height="12" />
                </svg>
              </Table.Td>
              <Table.Td visibleFrom="md">{said(b.words)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  )
}
