// The frame around every page: navigation, appearance, keyboard, and the "Why?" drawer that any page can open.
import { Alert, AppShell, Burger, Button, Container, Group, Kbd, Menu, Table, Text, useMantineColorScheme } from '@mantine/core'
import { useDisclosure, useHotkeys } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { useIsFetching, useIsMutating, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, Outlet, useLocation, useNavigate, useSearch } from '@tanstack/react-router'
import { Fragment, lazy, Suspense, useDeferredValue, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { ApiError, client } from '../api/client'
import { health, session, views } from '../api/queries'
import { known, renewal, tell } from '../api/renewal'
import type { SavedView, Session } from '../api/types'
import { useWhy } from '../parts/useWhy'
import { Dialog } from '../parts/Dialogs'
import { fetched, later } from '../parts/later'
import { NavTo } from '../parts/Links'
import { type Scope, useMay } from '../parts/may'
import type { Choice } from '../parts/palette'
import { Failed, messageOf } from '../parts/States'
import { opening, plainly } from '../parts/savedViews'
import { t } from '../strings'
import { f } from '../strings.frame'
import { l } from '../strings.lists'
import { s } from '../strings.sales'

const palette = fetched(() => import('./Palette'))
const Palette = later('palette', () => palette().then((m) => m.Palette))
// Fetched with the first page that somebody is held up by.
const SetFactorUp = lazy(() => import('../pages/SetFactorUp').then((m) => ({ default: m.SetFactorUp })))
const why = fetched(() => import('../parts/Why'))
const WhyDrawer = later('why', () => why().then((m) => m.WhyDrawer))

const places = [
  { to: '/', label: t.nav.overview, needs: 'read' },
  { to: '/accounts', label: t.nav.accounts, needs: 'read' },
  { to: '/leads', label: t.nav.leads, needs: 'read' },
  { to: '/contacts', label: t.nav.contacts, needs: 'read' },
  { to: '/opportunities', label: t.nav.opportunities, needs: 'read' },
  { to: '/dashboards', label: t.nav.dashboards, needs: 'read', group: t.nav.measure },
  { to: '/measure/funnel', label: t.nav.funnel, needs: 'read' },
  { to: '/measure/channels', label: t.nav.channels, needs: 'read' },
  { to: '/measure/review', label: t.nav.review, needs: 'read' },
  { to: '/measure/attribution', label: t.nav.attribution, needs: 'read' },
  { to: '/measure/sales', label: t.nav.sales, needs: 'read' },
  { to: '/measure/plan', label: t.nav.plan, needs: 'read' },
  { to: '/reports', label: t.nav.reports, needs: 'read' },
  { to: '/audit', label: t.nav.audit, needs: 'read', group: t.nav.program },
  { to: '/playbook', label: t.nav.playbook, needs: 'read' },
  { to: '/data', label: t.nav.data, needs: 'intake' },
  { to: '/settings', label: t.nav.settings, needs: 'import' },
  { to: '/docs', label: t.nav.docs, needs: 'read' },
] as const

// Nothing is shown before it is known who looks.
export function Frame() {
  const who = useQuery(session)
  const known = useDeferredValue(who.data) // drawn a few milliseconds at a time
  const [held, hold] = useState(false)
  if (known && (held || known.second_factor_needed)) {
    return (
      <Suspense fallback={<Outline />}>
        <SetFactorUp who={known} hold={hold} />
      </Suspense>
    )
  }
  if (known) return <Signed who={known} />
  if (who.isError && !(who.error instanceof ApiError && who.error.status === 401)) {
    return (
      <Container size="sm" py="xl">
        <Failed error={who.error} retry={() => void who.refetch()} />
      </Container>
    )
  }
  return <Outline />
}

const Outline = () => (
  <div className="shell">
    <div className="shell-head">
      <b>{t.product}</b>
      <Slow />
    </div>
    <div className="shell-nav" />
  </div>
)

function Signed({ who }: { who: Session }) {
  const may = useMay()
  const [opened, { toggle, close }] = useDisclosure()
  const [keys, keyboard] = useDisclosure()
  const { why: asked } = useSearch({ strict: false }) as { why?: string }
  const { pathname } = useLocation()
  const openWhy = useWhy()
  useNewPage(pathname, close)
  const [asking, palette] = useDisclosure()
  const [loaded, setLoaded] = useState(false)
  const ask = () => {
    setLoaded(true)
    palette.open()
  }
  const act = useActs(keyboard.open)
  const saved = useQuery(views).data
  useHotkeys([['shift+?', keyboard.open]])
  useHotkeys([['mod+K', ask]], [])
  return (
    <AppShell header={{ height: 44 }} navbar={{ width: 190, breakpoint: 'sm', collapsed: { mobile: !opened } }} padding={{ base: 'sm', sm: 'lg' }}>
      <a className="skip" href="#main">
        {t.skip}
      </a>
      <AppShell.Header>
        <Group h="100%" px="sm" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t.nav.open} aria-expanded={opened} />
            <Text fw={600} component={Link} to="/" c="var(--mantine-color-text)" td="none">
              {t.product}
            </Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Slow />
            <Button size="compact-sm" variant="default" onClick={ask} title={f.palette.title} aria-keyshortcuts="Control+K Meta+K" rightSection={<Kbd size="xs" visibleFrom="sm">{f.palette.keys}</Kbd>}>
              {f.palette.button}
            </Button>
            <Actions who={who} act={act} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={t.nav.label}>
        {places.filter((p) => may(p.needs)).map((p) => (
          <Fragment key={p.to}>
            {'group' in p && (
              <Text size="xs" c="dimmed" px="sm" pt="sm" pb={2}>
                {p.group}
              </Text>
            )}
            <NavTo to={p.to} search={plainly(saved, p.to.slice(1))} aria-current={at(p.to, pathname) ? 'page' : undefined}>
              {p.label}
            </NavTo>
          </Fragment>
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <Unwritable />
        <Outlet />
      </AppShell.Main>
      {asked !== undefined && <WhyDrawer who={asked} close={() => openWhy(undefined)} />}
      {loaded && <Palette opened={asking} close={palette.close} choices={choicesFor(may, saved)} act={act} />}
      <KeyboardHelp opened={keys} close={keyboard.close} />
    </AppShell>
  )
}

// A new page closes the navigation and takes the focus, so that the next Tab is in it and screen readers begin there.
function useNewPage(pathname: string, close: () => void) {
  const before = useRef(pathname)
  useEffect(() => {
    close()
    if (before.current !== pathname) document.getElementById('main')?.focus({ preventScroll: true })
    before.current = pathname
  }, [pathname, close])
}

const at = (to: string, pathname: string) => (to === '/' ? pathname === '/' : pathname === to || pathname.startsWith(to + '/'))

/** Says that the server takes long, so that nobody wonders whether something happened; not of what shows its progress itself. */
function Slow() {
  const { asking } = useSyncExternalStore(renewal.subscribe, renewal.get)
  const busy = useIsFetching() + useIsMutating({ predicate: (m) => !m.meta?.shown }) > 0 && !asking
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    if (!busy) return
    const timer = setTimeout(() => setSlow(true), 4_000)
    return () => {
      clearTimeout(timer)
      setSlow(false)
    }
  }, [busy])
  return (
    <Text size="sm" c="dimmed" role="status">
      {slow ? t.error.slow : ''}
    </Text>
  )
}

/** Says that the server can't keep anything new now, on every page, until it can again. */
function Unwritable() {
  const { data } = useQuery({ ...health, enabled: useMay()('read') })
  if (!data || data.writing === 'ok') return null
  const words = f.unwritable[data.writing]
  return (
    <Alert color="red" variant="outline" role="alert" mb="md" data-noprint title={words.title} styles={{ title: { color: 'var(--millrace-bad)' } }}>
      {words.hint}
    </Alert>
  )
}

/** What the palette offers beside records: the pages and actions that the role may have, and saved views. */
export function choicesFor(may: (scope: Scope) => boolean, saved: readonly SavedView[] = []): Choice[] {
  const pages = places.map((p): Choice => ({ id: p.to, group: f.palette.pages, label: p.label, to: p.to, search: plainly(saved, p.to.slice(1)), needs: p.needs }))
  const lists = saved.map((v): Choice => ({ id: v.id, group: l.views.group, label: v.name, below: t.nav[v.page], words: f.palette.words.views, to: '/' + v.page, search: opening(v), needs: 'read' }))
  return [...pages, ...morePlaces, ...lists, ...actions].filter((c) => !c.needs || may(c.needs))
}

const page = (to: string, label: string, needs: Scope | undefined, words = ''): Choice => ({ id: to, group: f.palette.pages, label, to, words, ...(needs && { needs }) })
const morePlaces = [
  page('/data/events', t.data.events, 'intake', f.palette.words.events),
  page('/data/drops', t.data.drops, 'intake', f.palette.words.drops),
  page('/settings/people', t.people.title, 'admin', f.palette.words.people),
  page('/settings/access-log', t.accessLog.title, 'admin'),
  page('/account', t.nav.account, undefined),
]
const action = (id: string, label: string, rest: Partial<Choice>): Choice => ({ id, group: f.palette.actions, label, ...rest })
const actions = [
  action('import', t.data.upload, { to: '/data/imports', needs: 'import', words: f.palette.words.import }),
  action('key', t.settings.create, { to: '/settings', needs: 'admin' }),
  action('invite', f.palette.invite, { to: '/settings/people', needs: 'admin' }),
  action('waiting', f.palette.waiting, { to: '/leads', search: { stage: 'mql' }, needs: 'read' }),
  ...(['light', 'dark', 'auto'] as const).map((a) => action(a, `${t.nav.appearance}: ${t.nav[a]}`, { act: a, words: f.palette.words.appearance })),
  action('keyboard', t.nav.keyboard, { act: 'keyboard', words: f.palette.words.keyboard }),
  action('signOut', t.nav.signOut, { act: 'signOut', words: f.palette.words.signOut }),
]

/** What is done from the menu and from the palette. */
function useActs(showKeys: () => void) {
  const { setColorScheme } = useMantineColorScheme()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const signOut = useMutation({
    mutationFn: client.signOut,
    onSuccess: () => {
      known(null)
      tell(null)
      queries.clear()
      void navigate({ to: '/sign-in', search: {} })
    },
    onError: (error) => notifications.show({ message: messageOf(error), color: 'red', closeButtonProps: { 'aria-label': t.close } }),
  })
  return (what: NonNullable<Choice['act']>) => {
    if (what === 'keyboard') showKeys()
    else if (what === 'signOut') signOut.mutate()
    else setColorScheme(what)
  }
}

function Actions({ who, act }: { who: Session; act: (what: NonNullable<Choice['act']>) => void }) {
  const { colorScheme } = useMantineColorScheme()
  const navigate = useNavigate()
  return (
    <Menu position="bottom-end" width={230}>
      <Menu.Target>
        <Button size="compact-sm" variant="subtle" color="gray" c="var(--mantine-color-text)" aria-label={`${t.nav.menu}: ${who.user.name}`} maw={200}>
          {who.user.name}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <span className="wrap">{who.user.email}</span>
          <br />
          {t.people.roles[who.user.role]}
        </Menu.Label>
        <Menu.Item onClick={() => void navigate({ to: '/account', search: {} })}>{t.nav.account}</Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t.nav.appearance}</Menu.Label>
        <Menu.RadioGroup value={colorScheme} onChange={(scheme) => act(scheme as typeof colorScheme)}>
          {(['auto', 'light', 'dark'] as const).map((scheme) => (
            <Menu.RadioItem key={scheme} value={scheme}>
              {t.nav[scheme]}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item onClick={() => act('keyboard')} rightSection={<Kbd size="xs">?</Kbd>}>
          {t.nav.keyboard}
        </Menu.Item>
        <Menu.Item onClick={() => act('signOut')}>{t.nav.signOut}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

function KeyboardHelp({ opened, close }: { opened: boolean; close: () => void }) {
  return (
    <Dialog opened={opened} close={close} title={t.keyboard.title}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t.keyboard.key}</Table.Th>
            <Table.Th>{t.keyboard.does}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {[...t.keyboard.rows, ...s.keys].map(([key, does]) => (
            <Table.Tr key={key}>
              <Table.Td>
                <Kbd>{key}</Kbd>
              </Table.Td>
              <Table.Td>{does}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Dialog>
  )
}
