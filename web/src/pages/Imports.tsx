import { Button, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { client } from '../api/client'
import type { Import } from '../api/types'
import { type Column, DataTable } from '../parts/DataTable'
import { count } from '../parts/format'
import { Confirm } from '../parts/Dialogs'
import { useMay } from '../parts/may'
import { t } from '../strings'
import { Ago } from './columns'
import { DataTabs } from './DataTabs'
import { Upload } from './Upload'

const state = (i: Import) => (i.undone_at ? t.data.states.undone : i.finished_at ? t.data.states.finished : t.data.states.running)

const columns: Column<Import>[] = [
  {
    key: 'file',
    head: t.data.file,
    cell: (i) => (
      <div className="cut">
        {i.file}
        <Text size="xs" c="dimmed" truncate>
          {[t.data.entities[i.entity] ?? i.entity, i.format].filter(Boolean).join(' · ')}
        </Text>
      </div>
    ),
  },
  { key: 'rows', head: t.data.rows, figure: true, from: 'sm', cell: (i) => (i.summary ? count(i.summary.rows) : t.unknown) },
  { key: 'accepted', head: t.data.accepted, figure: true, from: 'xs', cell: (i) => (i.summary ? count(i.summary.accepted) : t.unknown) },
  { key: 'rejected', head: t.data.rejected, figure: true, from: 'xs', cell: (i) => (i.summary ? count(i.summary.rejected) : t.unknown) },
  { key: 'started', head: t.data.started, from: 'sm', cell: (i) => <Ago at={i.started_at} /> },
  { key: 'by', head: t.data.startedBy, from: 'lg', cell: (i) => i.started_by },
  { key: 'state', head: t.data.state, cell: (i) => state(i) },
  { key: 'undo', head: t.data.undo, silent: true, figure: true, cell: (i) => !i.undone_at && <Undo what={i} /> },
]

export function Imports() {
  const may = useMay()
  const mayImport = may('import')
  return (
    <DataTabs at="/data/imports">
      <Stack gap="xl">
        {mayImport && <Upload />}
        <DataTable label={t.data.imports} list="imports" columns={mayImport ? columns : columns.filter((c) => c.key !== 'undo')} live exportable={false} rowKey={(i) => i.id} empty={{ title: t.data.emptyImports }} />
      </Stack>
    </DataTabs>
  )
}

function Undo({ what }: { what: Import }) {
  const [asked, setAsked] = useState(false)
  const queries = useQueryClient()
  const undo = useMutation({
    mutationFn: () => client.undoImport(what.id),
    onSuccess: async () => {
      setAsked(false)
      notifications.show({ message: t.data.undone })
      await queries.invalidateQueries()
    },
  })
  return (
    <>
      <Button size="compact-xs" variant="subtle" onClick={() => setAsked(true)} aria-label={`${t.data.undo} ${what.file}`}>
        {t.data.undo}
      </Button>
      <Confirm title={t.data.undoTitle(what.file)} hint={t.data.undoHint} yes={t.data.undo} opened={asked} close={() => setAsked(false)} busy={undo.isPending} error={undo.error} go={() => undo.mutate()} />
    </>
  )
}
