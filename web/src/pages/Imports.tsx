import { Anchor, Button, Group, Stack, Table, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { client, rejectsOf } from '../api/client'
import { importMappings, uploads } from '../api/queries'
import type { Import, Upload as Staged } from '../api/types'
import { type Column, DataTable } from '../parts/DataTable'
import { author, count } from '../parts/format'
import { Confirm } from '../parts/Dialogs'
import { useMay } from '../parts/may'
import { Mapper } from '../parts/imports/Mapper'
import { t } from '../strings'
import { im } from '../strings.imports'
import { Ago } from './columns'
import { DataTabs } from './DataTabs'
import { Upload } from './Upload'
import { Ways } from '../parts/Ways'
import './imports.css'

/** How an import stands; its upload, where it has one, tells of one that somebody stopped. */
export function stateOf(i: Import, u: Staged | undefined): string {
  return i.state === 'broken_off' && u && u.state !== 'importing' ? im.states[u.state] : t.data.states[i.state]
}

// What the file said is taken back from profiles and scores after the first moment of an undo: until then the server says so, to whoever looks.
function State({ of, upload }: { of: Import; upload: Staged | undefined }) {
  return of.state === 'undoing' ? im.beingUndone : stateOf(of, upload)
}

const columns = (upload: (i: Import) => Staged | undefined): Column<Import>[] => [
  {
    key: 'file',
    head: t.data.file,
    cell: (i) => (
      <div className="held">
        {i.file}
        {upload(i)?.rejects && (
          <>
            {' '}
            <Anchor size="xs" underline="always" href={rejectsOf(upload(i)!.id)} download aria-label={im.rejectsOf(i.file)}>
              {im.rejects}
            </Anchor>
          </>
        )}
        <Text size="xs" c="dimmed">
          {[t.data.entities[i.entity] ?? i.entity, i.format].filter(Boolean).join(' · ')}
        </Text>
      </div>
    ),
  },
  { key: 'rows', head: t.data.rows, figure: true, from: 'sm', cell: (i) => (i.summary ? count(i.summary.rows) : t.unknown) },
  { key: 'accepted', head: t.data.accepted, figure: true, from: 'xs', cell: (i) => (i.summary ? count(i.summary.accepted) : t.unknown) },
  { key: 'rejected', head: t.data.rejected, figure: true, from: 'xs', cell: (i) => (i.summary ? count(i.summary.rejected) : t.unknown) },
  { key: 'started', head: t.data.started, from: 'sm', cell: (i) => <Ago at={i.started_at} /> },
  { key: 'by', head: t.data.startedBy, from: 'lg', cell: (i) => author(i.started_by) },
  { key: 'state', head: t.data.state, cell: (i) => <State of={i} upload={upload(i)} /> },
  { key: 'undo', head: t.data.undo, silent: true, figure: true, cell: (i) => <Undo what={i} /> },
]

export function Imports() {
  const may = useMay()
  const mayImport = may('import')
  const navigate = useNavigate()
  const { upload: opened } = useSearch({ strict: false }) as { upload?: string }
  const open = (id: string | undefined) => void navigate({ to: '/data/imports', search: (id ? { upload: id } : {}) as never })
  const staged = useQuery({ ...uploads, enabled: mayImport, refetchInterval: 5_000 }).data ?? []
  const shown = columns((i) => staged.find((u) => u.import === i.id))
  return (
    <DataTabs at="/data/imports">
      <Stack gap="xl">
        {mayImport && (opened ? <Mapper key={opened} id={opened} leave={() => open(undefined)} /> : <Upload opened={open} />)}
        {mayImport && !opened && <AtHand list={staged.filter((u) => u.state !== 'done')} open={open} />}
        {!opened && <DataTable label={t.data.imports} list="imports" columns={mayImport ? shown : shown.filter((c) => c.key !== 'undo')} live exportable={false} rowKey={(i) => i.id} empty={{ title: t.data.emptyImports, hint: mayImport ? im.emptyHint : undefined, action: <Ways docs="imports#what-is-recognised" /> }} />}
        {mayImport && !opened && <Memory />}
      </Stack>
    </DataTabs>
  )
}

// Files that were sent and not imported yet, or not to their end.
function AtHand({ list, open }: { list: Staged[]; open: (id: string) => void }) {
  if (list.length === 0) return null
  return (
    <section aria-label={im.waiting}>
      <Title order={2} mb="xs">
        {im.waiting}
      </Title>
      <Table className="table" verticalSpacing={5}>
        <Table.Tbody>
          {list.map((u) => (
            <Table.Tr key={u.id}>
              <Table.Td className="wrap">
                <Anchor component="button" type="button" underline="always" onClick={() => open(u.id)} aria-label={im.goOnWith(u.file)}>
                  {u.file}
                </Anchor>
              </Table.Td>
              <Table.Td>
                {im.states[u.state]}
                {u.progress && (u.state === 'importing' || u.state === 'checking') && `, ${im.rows(u.progress.rows, u.progress.rejected)}`}
              </Table.Td>
              <Table.Td visibleFrom="sm">{author(u.made_by)}</Table.Td>
              <Table.Td visibleFrom="xs">
                <Ago at={u.made_at} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  )
}

// What was chosen for files of the same headers.
function Memory() {
  const queries = useQueryClient()
  const list = useQuery(importMappings).data ?? []
  const forget = useMutation({
    mutationFn: (signature: string) => client.forgetImportMapping(signature),
    onSuccess: async () => {
      notifications.show({ message: im.forgotten })
      await queries.invalidateQueries({ queryKey: ['import-mappings'] })
      queries.removeQueries({ queryKey: ['inspection'] })
    },
  })
  if (list.length === 0) return null
  return (
    <section aria-label={im.memory}>
      <Title order={2}>{im.memory}</Title>
      <Text c="dimmed" size="sm" mb="xs">
        {im.memoryHint}
      </Text>
      <Stack gap={6}>
        {list.map((m) => (
          <Group key={m.signature} justify="space-between" wrap="nowrap">
            <Text size="sm" className="wrap">
              {m.file}
              <Text span c="dimmed" size="sm">
                {' '}
                {[t.data.entities[m.entity] ?? m.entity, im.memoryOf(m.columns, m.used), author(m.made_by)].join(' · ')}
              </Text>
            </Text>
            <Button size="compact-xs" variant="subtle" loading={forget.isPending && forget.variables === m.signature} onClick={() => forget.mutate(m.signature)} aria-label={im.forgetOf(m.file)}>
              {im.forget}
            </Button>
          </Group>
        ))}
      </Stack>
    </section>
  )
}

function Undo({ what }: { what: Import }) {
  const [asked, setAsked] = useState(false)
  const queries = useQueryClient()
  const undo = useMutation({
    mutationFn: () => client.undoImport(what.id),
    meta: { shown: true },
    onSuccess: async () => {
      setAsked(false)
      notifications.show({ message: t.data.undone })
      await queries.invalidateQueries()
    },
  })
  return (
    <>
      {!what.undone_at && what.state !== 'running' && (
        <Button size="compact-xs" variant="subtle" onClick={() => setAsked(true)} aria-label={`${t.data.undo} ${what.file}`}>
          {t.data.undo}
        </Button>
      )}
      <Confirm title={t.data.undoTitle(what.file)} hint={t.data.undoHint} yes={t.data.undo} opened={asked && !what.undone_at} close={() => setAsked(false)} busy={undo.isPending} error={undo.error} go={() => undo.mutate()} />
    </>
  )
}
