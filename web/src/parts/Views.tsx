// The saved views of a list, beside its title: which one is open, and what can be done with it.
import { Button, Menu, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useDeferredValue, useEffect, useRef, useState } from 'react'
import { views as viewsQuery } from '../api/queries'
import type { SavedView } from '../api/types'
import { l } from '../strings.lists'
import { fetched, later, useSoon } from './later'
import { MenuTo } from './Links'
import { type Search, useListing } from './Listing'
import { useMay } from './may'
import { everything, kept, opening, queryOf, shows, type ViewPage } from './savedViews'
import { useViewActs } from './viewActs'

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

const files = fetched(() => import('./ViewDialogs'))
const Save = later('save view', () => files().then((m) => m.Save))
const Rename = later('rename view', () => files().then((m) => m.Rename))
const Delete = later('delete view', () => files().then((m) => m.Delete))
const dialogs = [Save, Rename, Delete]

type Asking = { what: 'save' } | { what: 'rename' | 'delete'; view: SavedView }

/** more: what the page shows and its address leaves to the page, such as board or table. */
export function Views({ page, more }: { page: ViewPage; more?: Search }) {
  const { search: shown } = useListing()
  const search = { ...more, ...shown }
  const all = (useQuery(viewsQuery).data ?? []).filter((v) => v.page === page)
  const [asking, setAsking] = useState<Asking>()
  const may = useMay()
  useSoon(dialogs)
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
          <Button size="xs" variant="default" maw={260} data-noprint aria-label={l.views.button(name)} rightSection={<span aria-hidden="true">▾</span>}>
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
