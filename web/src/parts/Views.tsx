// The saved views of a list, beside its title: which one is open, and what can be done with it.
import { Button, Checkbox, Menu, Text, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useDeferredValue, useEffect, useRef, useState } from 'react'
import { ApiError, client } from '../api/client'
import { views as viewsQuery } from '../api/queries'
import type { SavedView } from '../api/types'
import { t } from '../strings'
import { l } from '../strings.lists'
import { Confirm, FormDialog } from './Dialogs'
import { MenuTo } from './Links'
import { type Search, useListing } from './Listing'
import { useMay } from './may'
import { messageOf } from './States'
import { everything, kept, opening, queryOf, shows, type ViewPage } from './savedViews'

/**
 * Opens the view that the person chose for the page when its plain address is opened. Filters that are cleared later stay cleared: the address
 * then says that it means everything. False until it is known what the page opens with.
 */
export function useOpening(page: ViewPage): boolean {
  const { search } = useListing()
  const navigate = useNavigate()
  const query = useQuery(viewsQuery)
  const plain = kept(search).length === 0 && !search.saved
  const chosen = query.data?.find((v) => v.page === page && v.default)
  const entering = useRef(true)
  useEffect(() => {
    if (query.isPending) return
    if (plain && chosen) void navigate({ to: '.', search: (s: Search) => ({ ...s, ...(entering.current ? opening(chosen) : everything) }), replace: true })
    entering.current = false
  }, [plain, chosen, query.isPending, navigate])
  return useDeferredValue(!plain || (!query.isPending && !chosen)) // what opens is drawn a few milliseconds at a time
}

type Asking = { what: 'save' } | { what: 'rename' | 'delete'; view: SavedView }

/** more: what the page shows and its address leaves to the page, such as board or table. */
export function Views({ page, more }: { page: ViewPage; more?: Search }) {
  const { search: shown } = useListing()
  const search = { ...more, ...shown }
  const all = (useQuery(viewsQuery).data ?? []).filter((v) => v.page === page)
  const [asking, setAsking] = useState<Asking>()
  const may = useMay()
  const navigate = useNavigate()
  const open = (v: SavedView) => void navigate({ to: '.', search: opening(v) })
  const { change, makeDefault } = useViewActs()
  const current = all.find((v) => v.id === shown.saved)
  const changed = !!current && !shows(current, search)
  const name = !current ? l.views.all[page] : changed ? l.views.changed(current.name) : current.name
  const opens = all.some((v) => v.default)
  const group = (label: string, of: SavedView[]) =>
    of.length > 0 && (
      <>
        <Menu.Label>{label}</Menu.Label>
        {of.map((v) => (
          <MenuTo key={v.id} to="." search={opening(v)} {...(v === current && { 'aria-current': 'true' as const, fw: 600 })}>
            {v.name}
            {(v.default || (v.shared && !v.own)) && (
              <Text span size="xs" c="dimmed" ml="xs">
                {[v.shared && !v.own && v.author && l.views.by(v.author), v.default && l.views.opens].filter(Boolean).join(', ')}
              </Text>
            )}
          </MenuTo>
        ))}
      </>
    )
  return (
    <>
      <Menu position="bottom-end" width={280} shadow="md" withinPortal={false} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <Button size="xs" variant="default" maw={260} aria-label={l.views.button(name)} rightSection={<span aria-hidden="true">▾</span>}>
            {name}
          </Button>
        </Menu.Target>
        <Menu.Dropdown className="views" aria-label={l.views.group}>
          <MenuTo to="." search={opens ? everything : {}} {...(!current && { fw: 600 })}>
            {l.views.all[page]}
          </MenuTo>
          {group(l.views.mine, all.filter((v) => v.own && !v.shared))}
          {group(l.views.team, all.filter((v) => v.shared))}
          {all.length === 0 && <Menu.Label>{l.views.none}</Menu.Label>}
          <Menu.Divider />
          {current && changed && current.editable && (
            <Menu.Item onClick={() => change.mutate({ view: current, body: { query: queryOf(search), revision: current.revision }, done: l.views.saved(current.name) }, { onSuccess: open })}>
              {l.views.saveChanges(current.name)}
            </Menu.Item>
          )}
          {current && changed && <Menu.Item onClick={() => open(current)}>{l.views.reset}</Menu.Item>}
          <Menu.Item onClick={() => setAsking({ what: 'save' })}>{l.views.saveNew}</Menu.Item>
          {current && (
            <>
              <Menu.Divider />
              <Menu.Label>{current.name}</Menu.Label>
              <Menu.Item onClick={() => makeDefault.mutate({ page, view: current.default ? undefined : current })}>{current.default ? l.views.dropDefault : l.views.makeDefault}</Menu.Item>
              {current.editable && <Menu.Item onClick={() => setAsking({ what: 'rename', view: current })}>{l.views.rename}</Menu.Item>}
              {current.editable && (current.shared || may('sales')) && (
                <Menu.Item
                  onClick={() =>
                    change.mutate({ view: current, body: { shared: !current.shared }, done: current.shared ? l.views.unshared(current.name, current.own ? '' : current.author) : l.views.shared(current.name) })
                  }
                >
                  {current.shared ? l.views.unshare : l.views.share}
                </Menu.Item>
              )}
              {current.editable && <Menu.Item onClick={() => setAsking({ what: 'delete', view: current })}>{l.views.delete}</Menu.Item>}
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {asking?.what === 'save' && <Save page={page} query={queryOf(search)} saved={open} close={() => setAsking(undefined)} />}
      {asking?.what === 'rename' && <Rename view={asking.view} close={() => setAsking(undefined)} />}
      {asking?.what === 'delete' && <Delete view={asking.view} close={() => setAsking(undefined)} />}
    </>
  )
}

const told = (message: string) => notifications.show({ message, closeButtonProps: { 'aria-label': t.close } })
const refused = (error: unknown) => notifications.show({ message: messageOf(error), color: 'red', autoClose: 10_000, closeButtonProps: { 'aria-label': t.close } })

function useViewActs() {
  const queries = useQueryClient()
  const again = () => queries.invalidateQueries({ queryKey: viewsQuery.queryKey })
  const change = useMutation({
    mutationFn: ({ view, body }: { view: SavedView; body: Parameters<typeof client.changeView>[1]; done: string; quiet?: boolean }) => client.changeView(view.id, body),
    onSuccess: (_, { done }) => told(done),
    onError: (error, { quiet }) => !quiet && refused(error),
    onSettled: again,
  })
  const makeDefault = useMutation({
    mutationFn: ({ page, view }: { page: ViewPage; view: SavedView | undefined }) => client.openWith(page, view?.id ?? ''),
    onSuccess: (_, { view }) => told(view ? l.views.isDefault(view.name) : l.views.noDefault),
    onError: refused,
    onSettled: again,
  })
  return { change, makeDefault }
}

// The field that an error names says so itself; any other error stands below.
const ofName = (error: unknown) => (error instanceof ApiError && (error.field === 'name' || error.field === 'body.name') ? messageOf(error) : undefined)

type NameForm = { title: string; go: string; start: string; busy: boolean; error: unknown; submit: (name: string) => void; close: () => void; children?: React.ReactNode }

function NameForm({ title, go, start, busy, error, submit, close, children }: NameForm) {
  const [name, setName] = useState(start)
  return (
    <FormDialog title={title} go={go} busy={busy} problem={error && !ofName(error) ? messageOf(error) : undefined} close={close} submit={() => submit(name)}>
      <TextInput label={l.views.name} description={l.views.nameHint} data-autofocus required maxLength={80} value={name} onChange={(e) => setName(e.currentTarget.value)} error={ofName(error)} />
      {children}
    </FormDialog>
  )
}

function Save({ page, query, saved, close }: { page: ViewPage; query: string; saved: (v: SavedView) => void; close: () => void }) {
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

function Rename({ view, close }: { view: SavedView; close: () => void }) {
  const { change } = useViewActs()
  const submit = (name: string) => change.mutate({ view, quiet: true, body: { name, revision: view.revision }, done: l.views.saved(name) }, { onSuccess: close })
  return <NameForm title={l.views.renameTitle(view.name)} go={l.views.save} start={view.name} busy={change.isPending} error={change.error} submit={submit} close={close} />
}

function Delete({ view, close }: { view: SavedView; close: () => void }) {
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
