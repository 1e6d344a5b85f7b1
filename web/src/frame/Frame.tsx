// The frame around every page: navigation, appearance, keyboard, and the "Why?" drawer that any page can open.
import { AppShell, Burger, Button, Group, Kbd, Menu, Table, Text, useMantineColorScheme } from '@mantine/core'
import { useDisclosure, useHotkeys } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link, Outlet, useLocation, useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef } from 'react'
import { client } from '../api/client'
import { useWhy } from '../parts/useWhy'
import { Dialog } from '../parts/Dialogs'
import { NavTo } from '../parts/Links'
import { messageOf } from '../parts/States'
import { t } from '../strings'

const WhyDrawer = lazy(() => import('../parts/Why').then((m) => ({ default: m.WhyDrawer })))

const places = [
  { to: '/', label: t.nav.overview },
  { to: '/accounts', label: t.nav.accounts },
  { to: '/leads', label: t.nav.leads },
  { to: '/contacts', label: t.nav.contacts },
  { to: '/opportunities', label: t.nav.opportunities },
  { to: '/playbook', label: t.nav.playbook },
  { to: '/data', label: t.nav.data },
  { to: '/settings', label: t.nav.settings },
] as const

export function Frame() {
  const [opened, { toggle, close }] = useDisclosure()
  const [keys, keyboard] = useDisclosure()
  const { why } = useSearch({ strict: false }) as { why?: string }
  const { pathname } = useLocation()
  const openWhy = useWhy()
  useNewPage(pathname, close)
  useHotkeys([['shift+?', keyboard.open]])
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
          <Actions showKeys={keyboard.open} />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={t.nav.label}>
        {places.map((p) => (
          <NavTo key={p.to} to={p.to} search={{}} label={p.label} {...activeAt(p.to, pathname)} py={6} />
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <Outlet />
      </AppShell.Main>
      <Suspense>{why !== undefined && <WhyDrawer who={why} close={() => openWhy(undefined)} />}</Suspense>
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

function activeAt(to: string, pathname: string) {
  const active = to === '/' ? pathname === '/' : pathname === to || pathname.startsWith(to + '/')
  return { active, 'aria-current': active ? ('page' as const) : undefined }
}

function Actions({ showKeys }: { showKeys: () => void }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const signOut = useMutation({
    mutationFn: client.signOut,
    onSuccess: () => {
      queries.clear()
      void navigate({ to: '/sign-in', search: {} })
    },
    onError: (error) => notifications.show({ message: messageOf(error), color: 'red', closeButtonProps: { 'aria-label': t.close } }),
  })
  return (
    <Menu position="bottom-end" width={190}>
      <Menu.Target>
        <Button size="compact-sm" variant="subtle" color="gray" c="var(--mantine-color-text)">
          {t.nav.menu}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t.nav.appearance}</Menu.Label>
        {(['auto', 'light', 'dark'] as const).map((scheme) => (
          <Menu.Item key={scheme} onClick={() => setColorScheme(scheme)} role="menuitemradio" aria-checked={scheme === colorScheme} rightSection={scheme === colorScheme ? '✓' : undefined}>
            {t.nav[scheme]}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={showKeys} rightSection={<Kbd size="xs">?</Kbd>}>
          {t.nav.keyboard}
        </Menu.Item>
        <Menu.Item onClick={() => signOut.mutate()}>{t.nav.signOut}</Menu.Item>
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
          {t.keyboard.rows.map(([key, does]) => (
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
