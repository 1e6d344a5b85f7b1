// What came, or would come, of a whole file.
import { Stack, Table, Text, Title } from '@mantine/core'
import type { Upload } from '../../api/types'
import { t } from '../../strings'
import { count, money } from '../format'

export function Result({ u }: { u: Upload }) {
  const s = u.summary!
  return (
    <Stack gap="sm">
      <div>
        <Text fw={600}>{u.state === 'done' ? t.data.done(s.accepted, s.duplicates, s.rejected) : t.data.dryRun(s.accepted, s.rejected)}</Text>
        {s.first_day && <Text size="sm">{t.data.days(Object.entries(s.spend ?? {}).map(([currency, amount]) => money(amount, currency)), s.first_day, s.last_day ?? s.first_day)}</Text>}
      </div>
      {!!s.example_rejects?.length && (
        <section>
          <Title order={3}>{t.data.rejects}</Title>
          <Table className="table" verticalSpacing={4}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th className="figure">{t.data.line}</Table.Th>
                <Table.Th>{t.data.detail}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {s.example_rejects.map((r) => (
                <Table.Tr key={`${r.line} ${r.column}`}>
                  <Table.Td className="figure">{count(r.line)}</Table.Td>
                  <Table.Td className="wrap">{r.detail || r.reason}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </section>
      )}
      {!!s.notes?.length && (
        <section>
          <Title order={3}>{t.data.notes}</Title>
          <Text component="ul" m={0} pl="lg" size="sm">
            {s.notes.map((x) => (
              <li key={x} className="wrap">
                {x}
              </li>
            ))}
          </Text>
        </section>
      )}
    </Stack>
  )
}
