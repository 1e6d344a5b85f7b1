// The forms of saved views.
import { Checkbox, Text, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { ApiError, client } from '../api/client'
import { views as viewsQuery } from '../api/queries'
import type { SavedView } from '../api/types'
import { l } from '../strings.lists'
import { Confirm, FormDialog } from './Dialogs'
import type { Search } from './Listing'
import { useMay } from './may'
import type { ViewPage } from './savedViews'
import { messageOf } from './States'
import { told, useViewActs } from './viewActs'

// The field that an error names says so itself; any other error stands below.
const ofName = (error: unknown) => (error instanceof ApiError && (error.field === 'name' || error.field === 'body.name') ? messageOf(error) : undefined)

type NameForm = { title: string; go: string; start: string; busy: boolean; error: unknown; submit: (name: string) => void; close: () => void; children?: ReactNode }

function NameForm({ title, go, start, busy, error, submit, close, children }: NameForm) {
  const [name, setName] = useState(start)
  return (
    <FormDialog title={title} go={go} busy={busy} problem={error && !ofName(error) ? messageOf(error) : undefined} close={close} submit={() => submit(name)}>
      <TextInput label={l.views.name} description={l.views.nameHint} data-autofocus required maxLength={80} value={name} onChange={(e) => setName(e.currentTarget.value)} error={ofName(error)} />
      {children}
    </FormDialog>
  )
}

export function Save({ page, query, saved, close }: { page: ViewPage; query: string; saved: (v: SavedView) => void; close: () => void }) {
  const may = useMay()
  const queries = useQueryClient()
  const [shared, setShared] = useState(false)
  const [opens, setOpens] = useState(false)
  const save = useMutation({
    mutationFn: async (name: string) => {
      const view = await client.createView({ page, name, query, shared })
      if (opens) await client.openWith(page, view.id)
      return view
    },
    onSuccess: (view) => {
      told(l.views.saved(view.name))
      queries.setQueryData(viewsQuery.queryKey, (all) => [...(all ?? []).map((v) => (opens && v.page === page ? { ...v, default: false } : v)), { ...view, default: opens }])
      close()
      saved(view)
    },
    onSettled: () => queries.invalidateQueries({ queryKey: viewsQuery.queryKey }),
  })
  return (
    <NameForm title={l.views.title} go={l.views.save} start="" busy={save.isPending} error={save.error} submit={save.mutate} close={close}>
      {may('sales') && <Checkbox label={l.views.share} description={l.views.shareHint} checked={shared} onChange={(e) => setShared(e.currentTarget.checked)} />}
      <Checkbox label={l.views.asDefault} checked={opens} onChange={(e) => setOpens(e.currentTarget.checked)} />
      <Text size="sm" c="dimmed">
        {l.views.holds}
      </Text>
    </NameForm>
  )
}

export function Rename({ view, close }: { view: SavedView; close: () => void }) {
  const { change } = useViewActs()
  const submit = (name: string) => change.mutate({ view, quiet: true, body: { name, revision: view.revision }, done: l.views.saved(name) }, { onSuccess: close })
  return <NameForm title={l.views.renameTitle(view.name)} go={l.views.save} start={view.name} busy={change.isPending} error={change.error} submit={submit} close={close} />
}

export function Delete({ view, close }: { view: SavedView; close: () => void }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const remove = useMutation({
    mutationFn: () => client.deleteView(view.id),
    onSuccess: () => {
      queries.setQueryData(viewsQuery.queryKey, (all) => all?.filter((v) => v.id !== view.id))
      told(l.views.deleted(view.name))
      close()
      void navigate({ to: '.', search: (s: Search) => ({ ...s, saved: undefined }), replace: true })
    },
    onSettled: () => queries.invalidateQueries({ queryKey: viewsQuery.queryKey }),
  })
  return (
    <Confirm
      title={l.views.deleteTitle(view.name)}
      opened
      close={close}
      hint={view.shared ? l.views.deleteShared : l.views.deleteHint}
      yes={l.views.deleteGo}
      busy={remove.isPending}
      error={remove.error}
      go={() => remove.mutate()}
    />
  )
}
