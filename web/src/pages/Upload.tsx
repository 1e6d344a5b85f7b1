// A file is read and judged first (dry run); nothing is recorded before its result has been seen.
import { Button, Code, FileButton, Group, NativeSelect, Progress, Stack, Table, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type DragEvent, useRef, useState } from 'react'
import { client } from '../api/client'
import type { ImportSummary } from '../api/types'
import { count, money } from '../parts/format'
import { Failed } from '../parts/States'
import { t } from '../strings'

export function Upload() {
  const [file, setFile] = useState<File | null>(null)
  const [entity, setEntity] = useState('')
  const [sent, setSent] = useState(0)
  const stop = useRef<AbortController>(null)
  const queries = useQueryClient()
  const run = useMutation({
    mutationFn: (u: { file: File; entity: string; dryRun: boolean }) => {
      setSent(0)
      stop.current = new AbortController()
      return client.upload(u, setSent, stop.current.signal)
    },
    // Told wherever the person has gone meanwhile.
    onSuccess: async (done) => {
      if (done.dry_run) return
      notifications.show({ message: t.data.done(done.summary.accepted, done.summary.duplicates, done.summary.rejected) })
      await queries.invalidateQueries()
    },
  })
  const judge = (next: File | null, of = entity) => {
    setFile(next)
    run.reset()
    if (next) run.mutate({ file: next, entity: of, dryRun: true })
  }
  const aborted = run.error instanceof DOMException
  return (
    <section aria-label={t.data.upload}>
      <Drop take={judge} disabled={run.isPending}>
        <Stack gap="sm">
          <Text>{t.data.drop}</Text>
          <Group align="end">
            <NativeSelect
              label={t.data.entity}
              size="xs"
              value={entity}
              data={[{ value: '', label: t.data.anyEntity }, ...Object.entries(t.data.entities).map(([value, label]) => ({ value, label }))]}
              onChange={(e) => {
                setEntity(e.currentTarget.value)
                if (file) judge(file, e.currentTarget.value)
              }}
            />
            <FileButton onChange={(f) => judge(f)} accept=".csv,.gz,.tsv,.txt,text/csv,application/gzip" disabled={run.isPending}>
              {(props) => (
                <Button size="xs" variant={file ? 'default' : 'filled'} {...props}>
                  {file ? t.data.another : t.data.choose}
                </Button>
              )}
            </FileButton>
          </Group>
          {run.isPending && file && (
            <Group wrap="nowrap">
              <Progress value={sent * 100} flex={1} animated={sent >= 1} aria-label={t.data.reading(file.name)} />
              <Text size="sm">{run.variables.dryRun ? t.data.reading(file.name) : t.data.importing(file.name)}</Text>
              <Button size="compact-xs" variant="default" onClick={() => stop.current?.abort()}>
                {t.data.stop}
              </Button>
            </Group>
          )}
        </Stack>
      </Drop>
      {run.isError && !aborted && <Failed error={run.error} title={t.data.failed} />}
      {run.data && file && <Result summary={run.data.summary} dryRun={run.data.dry_run} go={() => run.mutate({ file, entity, dryRun: false })} />}
    </section>
  )
}

function Drop({ take, disabled, children }: { take: (file: File) => void; disabled: boolean; children: React.ReactNode }) {
  const [over, setOver] = useState(false)
  const drag = (inside: boolean) => (e: DragEvent) => {
    if (disabled || !e.dataTransfer.types.includes('Files')) return
    e.preventDefault()
    setOver(inside)
  }
  return (
    <div
      className="drop"
      data-over={over || undefined}
      onDragEnter={drag(true)}
      onDragOver={drag(true)}
      onDragLeave={drag(false)}
      onDrop={(e) => {
        drag(false)(e)
        const file = e.dataTransfer.files[0]
        if (file && !disabled) take(file)
      }}
    >
      {children}
    </div>
  )
}

function Result({ summary: s, dryRun, go }: { summary: ImportSummary; dryRun: boolean; go: () => void }) {
  return (
    <Stack mt="md" aria-live="polite">
      <Group justify="space-between">
        <div>
          <Text fw={600}>{dryRun ? t.data.dryRun(s.accepted, s.rejected) : t.data.done(s.accepted, s.duplicates, s.rejected)}</Text>
          <Text size="sm" c="dimmed">
            {t.data.recognised(s.format, s.encoding)}
          </Text>
          {s.first_day && <Text size="sm">{t.data.days(Object.entries(s.spend ?? {}).map(([currency, amount]) => money(amount, currency)), s.first_day, s.last_day ?? s.first_day)}</Text>}
        </div>
        {dryRun && s.accepted > 0 && <Button onClick={go}>{t.data.go(s.accepted)}</Button>}
      </Group>
      {!!s.example_rejects?.length && (
        <section>
          <Title order={3}>{t.data.rejects}</Title>
          <Table className="table" verticalSpacing={4}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th className="figure">{t.data.line}</Table.Th>
                <Table.Th>{t.data.column}</Table.Th>
                <Table.Th>{t.data.detail}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {s.example_rejects.map((r) => (
                <Table.Tr key={`${r.line} ${r.column}`}>
                  <Table.Td className="figure">{count(r.line)}</Table.Td>
                  <Table.Td>{r.column || t.unknown}</Table.Td>
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
            {s.notes.map((n) => (
              <li key={n} className="wrap">
                {n}
              </li>
            ))}
          </Text>
        </section>
      )}
      <section>
        <Title order={3}>{t.data.columns}</Title>
        <Table className="table" verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t.data.header}</Table.Th>
              <Table.Th>{t.data.trait}</Table.Th>
              <Table.Th className="figure">{t.data.filled}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {(s.columns ?? []).map((c) => (
              <Table.Tr key={c.header}>
                <Table.Td className="wrap">{c.header}</Table.Td>
                <Table.Td className="wrap">{c.trait ? <><Code>{c.trait}</Code>{c.own && ` ${t.data.own}`}</> : t.data.skipped}</Table.Td>
                <Table.Td className="figure">{count(c.filled)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </section>
    </Stack>
  )
}
