import { Button, Group, Skeleton, Stack, Table, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { playbook, rulings } from '../api/queries'
import type { Ruling } from '../api/types'
import { moment } from '../parts/format'
import { Failed, Lead } from '../parts/States'
import { To } from '../parts/Links'
import { t } from '../strings'

export function PlaybookPage() {
  const { version = '' } = useSearch({ strict: false }) as { version?: string }
  const book = useQuery(playbook(version))
  const history = useQuery(rulings)
  const rules = history.data?.[0]?.version
  const p = book.data
  const d = p?.document
  const old = p && rules !== undefined && p.version !== rules
  return (
    <Stack gap="xl">
      <Lead
        title={t.playbook.title}
        sentence={old ? t.playbook.old(p.version.slice(0, 12)) : d && t.playbook.sentence(d.name, d.lifecycle.mql.intent, d.rubric.half_life_days)}
      >
        {old && (
          <To to="/playbook" search={{}}>
            {t.playbook.current}
          </To>
        )}
      </Lead>
      <div className="columns">
        <section aria-label={t.playbook.source}>
          <Group justify="space-between" mb="xs">
            <Title order={2}>{t.playbook.source}</Title>
            {p && (
              <Button size="compact-xs" variant="default" onClick={() => save(`playbook-${p.version.slice(0, 12)}.yaml`, p.source)}>
                {t.playbook.download}
              </Button>
            )}
          </Group>
          {book.isError ? <Failed error={book.error} retry={() => void book.refetch()} /> : p ? <Source text={p.source} /> : <Skeleton height={480} />}
        </section>
        <section aria-label={t.playbook.history}>
          <Title order={2} mb="xs">
            {t.playbook.history}
          </Title>
          {history.isError ? <Failed error={history.error} retry={() => void history.refetch()} /> : <History rulings={history.data ?? []} />}
        </section>
      </div>
    </Stack>
  )
}

function Source({ text }: { text: string }) {
  return (
    <pre className="source" tabIndex={0} aria-label={t.playbook.source}>
      <code>
        {text
          .replace(/\n$/, '')
          .split('\n')
          .map((line, i) => (
            <span key={i}>{line}</span>
          ))}
      </code>
    </pre>
  )
}

function History({ rulings }: { rulings: readonly Ruling[] }) {
  return (
    <Table className="table" verticalSpacing={5} horizontalSpacing="xs">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t.playbook.version}</Table.Th>
          <Table.Th>{t.playbook.applied}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rulings.map((r, i) => (
          <Table.Tr key={r.position}>
            <Table.Td>
              <To to="/playbook" search={i === 0 ? {} : { version: r.version }}>
                <code>{r.version.slice(0, 12)}</code>
              </To>
              {i === 0 && <Text size="xs">{t.playbook.ruling}</Text>}
            </Table.Td>
            <Table.Td>
              {moment(r.applied_at)}
              <Text size="xs" c="dimmed" className="wrap">
                {[r.applied_by, r.note].filter(Boolean).join(': ')}
              </Text>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

function save(name: string, text: string) {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/yaml' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
