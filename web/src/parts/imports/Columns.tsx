// Every column with what it is taken for, samples of its cells, and the choice of something else.
import { Badge, Button, NativeSelect, Table, Text } from '@mantine/core'
import type { ColumnReport, EntityFields } from '../../api/types'
import { im } from '../../strings.imports'
import { Term } from '../Term'
import { choices, keep, shown, skip } from './mapping'

type Props = { columns: readonly ColumnReport[]; of: EntityFields | undefined; change: (header: string, to: string) => void; disabled: boolean }

export function Columns({ columns, of, change, disabled }: Props) {
  const fields = choices(of)
  const needed = new Set(of?.needs.flatMap((x) => x.one_of))
  const option = (value: string) => ({ value, label: im.field(value) })
  return (
    <Table className="table mapped" verticalSpacing={5}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{im.header}</Table.Th>
          <Table.Th>{im.samples}</Table.Th>
          <Table.Th><Term name="becomes">{im.becomes}</Term></Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {columns.map((c) => (
          <Table.Tr key={c.header}>
            <Table.Td className="wrap">
              <Text size="sm" fw={600} span>
                {c.header}
              </Text>{' '}
              {c.by === 'unknown' && c.trait && (
                <Badge variant="outline" color="gray" size="sm" tt="none" fw={500}>
                  {im.notKnown}
                </Badge>
              )}
            </Table.Td>
            <Table.Td className="wrap samples">
              {c.samples.length === 0 ? <Text size="sm" c="dimmed">{im.empty}</Text> : c.samples.map((s) => <div key={s}>{s}</div>)}
            </Table.Td>
            <Table.Td>
              {c.stage ? (
                <Text size="sm">{im.stageOf(c.stage)}</Text>
              ) : (
                <NativeSelect
                  size="xs"
                  aria-label={im.becomesOf(c.header)}
                  value={shown(c, fields)}
                  disabled={disabled}
                  onChange={(e) => change(c.header, e.currentTarget.value)}
                  data={[
                    { group: im.needed, items: fields.filter((f) => needed.has(f)).map(option) },
                    { group: im.fields, items: fields.filter((f) => !needed.has(f)).map(option) },
                    { group: im.other, items: [{ value: keep, label: shown(c, fields) === keep ? im.keepAs(c.trait) : im.keep }, { value: skip, label: im.skip }] },
                  ]}
                />
              )}
              {c.suggestion && (
                <Button size="compact-xs" variant="subtle" mt={4} disabled={disabled} aria-label={im.take(im.field(c.suggestion), c.header)} onClick={() => change(c.header, c.suggestion)}>
                  {im.suggested(im.field(c.suggestion))}
                </Button>
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
