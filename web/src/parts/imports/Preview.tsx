// The first rows as they would be read, or why they would not.
import { Table, Text, Title } from '@mantine/core'
import type { Inspected } from '../../api/types'
import { count } from '../format'
import { Term } from '../Term'
import { t } from '../../strings'
import { im } from '../../strings.imports'

export function Preview({ of }: { of: Inspected }) {
  return (
    <section aria-label={im.preview}>
      <Title order={3}><Term name="previewRows">{im.preview}</Term></Title>
      <Text size="sm" mb={6} className={of.rejected > 0 ? 'bad' : undefined} aria-live="polite">
        {im.previewHint(of.rejected, of.looked)}
      </Text>
      <div className="scroll" tabIndex={0} role="region" aria-label={im.firstRows}>
        <Table className="table read" verticalSpacing={4} horizontalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th className="figure">{im.line}</Table.Th>
              {of.fields.map((f) => (
                <Table.Th key={f}>{im.field(f)}</Table.Th>
              ))}
              {of.fields.length === 0 && <Table.Th>{t.data.detail}</Table.Th>}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {of.rows.map((r) => (
              <Table.Tr key={r.line}>
                <Table.Td className="figure">{count(r.line)}</Table.Td>
                {r.reject || r.joined ? (
                  <Table.Td colSpan={Math.max(of.fields.length, 1)} className="why">
                    {r.joined ? im.joined : <><Text span size="sm" fw={600} className="bad">{im.rejectedFor}</Text> {r.reject?.detail}</>}
                  </Table.Td>
                ) : (
                  of.fields.map((f) => (
                    <Table.Td key={f}>
                      <div className="cut">{r.values[f] ?? ''}</div>
                    </Table.Td>
                  ))
                )}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </section>
  )
}
