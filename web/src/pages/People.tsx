import { Button, Code, CopyButton, Group, Menu, NativeSelect, Skeleton, Stack, Table, Text, TextInput, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { client } from '../api/client'
import { factorDemand, session, users } from '../api/queries'
import type { DeletedUser, Delivered, NewUser, Role, User } from '../api/types'
import { fieldOf, otherwise } from '../frame/entering'
import { Confirm } from '../parts/Dialogs'
import { linkHere, moment } from '../parts/format'
import { To } from '../parts/Links'
import { Failed, messageOf } from '../parts/States'
import { Term } from '../parts/Term'
import { t } from '../strings'
import { Ago } from './columns'
import { SettingsTabs } from './SettingsTabs'

const roles = Object.entries(t.people.roles).map(([value, label]) => ({ value, label }))

const say = (message: string) => notifications.show({ message, closeButtonProps: { 'aria-label': t.close } })
const complain = (error: unknown) => notifications.show({ message: messageOf(error), color: 'red', closeButtonProps: { 'aria-label': t.close } })

export function People() {
  const query = useQuery(users)
  const [link, setLink] = useState<Delivered | null>(null)
  const [gone, setGone] = useState<DeletedUser | null>(null)
  const me = useQuery(session).data?.user.id
  const active = query.data?.filter((u) => u.state === 'active' || u.id === me).length // a demo's admin has no password
  const deliver = (d: Delivered) => {
    setLink(d.link ? d : null)
    if (d.mailed) say(t.people.mailed(d.user.email))
  }
  const deleted = (d: DeletedUser) => {
    setGone(d.keys.length > 0 ? d : null)
    setLink((l) => (l?.user.id === d.user.id ? null : l))
    say(t.people.deleted(d.user.name))
  }
  return (
    <SettingsTabs at="/settings/people" title={t.people.title} sentence={active === undefined ? undefined : t.people.sentence(active)}>
      <Stack gap="lg">
        <Invite done={deliver} />
        {link && <Handed link={link} />}
        {gone && <KeysLeft gone={gone} />}
        {query.isError ? <Failed error={query.error} retry={() => void query.refetch()} /> : query.isPending ? <Skeleton height={160} /> : <List all={query.data} deliver={deliver} deleted={deleted} />}
        <FactorDemand />
      </Stack>
    </SettingsTabs>
  )
}

function Invite({ done }: { done: (d: Delivered) => void }) {
  const queries = useQueryClient()
  const nobody: NewUser = { email: '', name: '', role: 'sales' }
  const [form, setForm] = useState(nobody)
  const invite = useMutation({
    mutationFn: () => client.invite(form),
    onSuccess: async (d) => {
      done(d)
      setForm({ ...nobody, role: form.role })
      await queries.invalidateQueries({ queryKey: users.queryKey })
    },
  })
  const other = otherwise(invite.error, ['email', 'name'])
  return (
    <section aria-label={t.people.inviteTitle}>
      <Title order={2} mb="xs">
        {t.people.inviteTitle}
      </Title>
      <form
        noValidate
        onSubmit={(e) => {
          e.preventDefault()
          invite.mutate()
        }}
      >
        <Group align="start" gap="xs">
          <TextInput size="xs" type="email" label={t.people.email} value={form.email} onChange={(e) => setForm({ ...form, email: e.currentTarget.value })} error={fieldOf(invite.error, 'email')} w={240} autoComplete="off" />
          <TextInput size="xs" label={t.people.name} placeholder={t.people.nameHint} value={form.name ?? ''} onChange={(e) => setForm({ ...form, name: e.currentTarget.value })} error={fieldOf(invite.error, 'name')} w={200} autoComplete="off" />
          <NativeSelect size="xs" label={t.people.role} value={form.role} onChange={(e) => setForm({ ...form, role: e.currentTarget.value as Role })} data={roles} description={t.people.does[form.role]} inputWrapperOrder={['label', 'input', 'description', 'error']} w={230} />
          <Button size="xs" type="submit" mt={22} loading={invite.isPending} disabled={!form.email.trim()}>
            {t.people.invite}
          </Button>
        </Group>
        {other && (
          <Text className="bad" role="alert" mt="xs">
            {other}
          </Text>
        )}
      </form>
    </section>
  )
}

/** A link that no mail brought: the admin hands it over. */
function Handed({ link }: { link: Delivered }) {
  const here = linkHere(link.link, location.origin)
  return (
    <Stack gap={4} className="drop" role="status">
      <Text fw={600}>{t.people.linkTitle(link.user.email)}</Text>
      {link.problem && <Text className="bad">{link.problem}</Text>}
      <Group>
        <Code fz="sm" className="wrap">
          {here}
        </Code>
        <CopyButton value={here}>
          {({ copied, copy }) => (
            <Button size="compact-xs" variant="default" onClick={copy}>
              {copied ? t.copied : t.copy}
            </Button>
          )}
        </CopyButton>
      </Group>
      <Text size="sm" c="dimmed">
        {t.people.linkHint(moment(link.expires_at))}
      </Text>
    </Stack>
  )
}

/** What somebody who was deleted may still know. */
function KeysLeft({ gone }: { gone: DeletedUser }) {
  return (
    <Stack gap={4} className="drop" role="status">
      <Text fw={600}>{t.people.keysTitle(gone.user.name)}</Text>
      <Text>{gone.keys.map((k) => `${k.name} (${k.hint}…)`).join(', ')}</Text>
      <Text size="sm" c="dimmed">
        {t.people.keysHint} <To to="/settings">{t.people.toKeys}</To>
      </Text>
    </Stack>
  )
}

/** Whether everybody must have a second factor. */
function FactorDemand() {
  const query = useQuery(factorDemand)
  const who = useQuery(session).data
  const queries = useQueryClient()
  const [asked, setAsked] = useState(false)
  const since = query.data?.demanded_since
  const change = useMutation({
    mutationFn: () => client.demandFactor(!since),
    onSuccess: async (d) => {
      setAsked(false)
      queries.setQueryData(factorDemand.queryKey, d)
      say(d.demanded_since ? t.factor.isDemanded : t.factor.isFree)
      await queries.invalidateQueries({ queryKey: users.queryKey })
    },
  })
  const without = query.data?.without ?? 0
  const own = since || who?.user.second_factor_at
  const hint = since ? t.factor.demandEndHint : t.factor.demandHint(without) + (who?.mail && without > 0 ? ' ' + t.factor.demandMailed : '')
  return (
    <section aria-label={t.factor.demandTitle}>
      <Title order={2} mb="xs">
        <Term name="secondFactor">{t.factor.demandTitle}</Term>
      </Title>
      {query.isError ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : query.isPending ? (
        <Skeleton height={60} />
      ) : (
        <Stack gap="sm" align="flex-start" maw={560}>
          <Text>{since ? t.factor.demanded(moment(since), without) : t.factor.chosen(without)}</Text>
          {!own && (
            <Text c="dimmed">
              {t.factor.demandOwn} <To to="/account" underline="always">{t.own.title}</To>.
            </Text>
          )}
          <Button size="xs" variant="default" disabled={!own} onClick={() => setAsked(true)}>
            {since ? t.factor.demandEnd : t.factor.demand}
          </Button>
        </Stack>
      )}
      <Confirm title={since ? t.factor.demandEndAsk : t.factor.demandAsk} hint={hint} yes={since ? t.factor.demandEnd : t.factor.demand} opened={asked} close={() => setAsked(false)} busy={change.isPending} error={change.error} go={() => change.mutate()} />
    </section>
  )
}

const stateOf = (u: User) => (u.state === 'invited' && u.last_seen_at ? t.people.noPassword : t.people.states[u.state])

type Done = { deliver: (d: Delivered) => void; deleted: (d: DeletedUser) => void }

function List({ all, ...done }: { all: readonly User[] } & Done) {
  const demanded = !!useQuery(factorDemand).data?.demanded_since
  const missing = (u: User) => demanded && u.state !== 'disabled' && !u.second_factor_at
  const me = useQuery(session).data?.user.id
  return (
    <section aria-label={t.people.title}>
      <Table className="table" verticalSpacing={5}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t.people.name}</Table.Th>
            <Table.Th><Term name="accessRole">{t.people.role}</Term></Table.Th>
            <Table.Th visibleFrom="sm"><Term name="userState">{t.people.state}</Term></Table.Th>
            <Table.Th visibleFrom="sm"><Term name="secondFactor">{t.factor.title}</Term></Table.Th>
            <Table.Th visibleFrom="sm">{t.people.seen}</Table.Th>
            <Table.Th className="figure">{t.people.actions}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {all.map((u) => (
            <Table.Tr key={u.id}>
              <Table.Td>
                <span className="wrap">{u.name}</span>
                {u.id === me && ` (${t.people.you})`}
                <Text size="xs" c="dimmed" className="wrap">
                  {u.email}
                </Text>
                {u.state !== 'active' && (
                  <Text size="xs" hiddenFrom="sm">
                    {stateOf(u)}
                  </Text>
                )}
                {missing(u) && (
                  <Text size="xs" className="bad" hiddenFrom="sm">
                    {t.factor.noneYet}
                  </Text>
                )}
              </Table.Td>
              <Table.Td>
                <ChangeRole who={u} />
              </Table.Td>
              <Table.Td visibleFrom="sm">{stateOf(u)}</Table.Td>
              <Table.Td visibleFrom="sm">{u.second_factor_at ? t.factor.yes : missing(u) ? <span className="bad">{t.factor.none}</span> : t.factor.no}</Table.Td>
              <Table.Td visibleFrom="sm">
                <Ago at={u.last_seen_at} />
              </Table.Td>
              <Table.Td className="figure">
                <Actions who={u} own={u.id === me} {...done} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  )
}

function ChangeRole({ who }: { who: User }) {
  const queries = useQueryClient()
  const change = useMutation({
    mutationFn: (role: Role) => client.changeUser(who.id, { role }),
    onSuccess: (u) => say(t.people.changed(u.name, t.people.roles[u.role] ?? u.role)),
    onError: complain,
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: users.queryKey }), queries.invalidateQueries({ queryKey: session.queryKey })]),
  })
  return (
    <NativeSelect size="xs" aria-label={t.people.roleOf(who.name)} data={roles} value={change.isPending ? change.variables : who.role} disabled={change.isPending} onChange={(e) => change.mutate(e.currentTarget.value as Role)} w={{ base: 134, sm: 150 }} />
  )
}

function Actions({ who, own, deliver, deleted }: { who: User; own: boolean } & Done) {
  const queries = useQueryClient()
  const [asked, setAsked] = useState<'disable' | 'delete' | 'factor'>()
  const close = () => setAsked(undefined)
  const refresh = () => queries.invalidateQueries({ queryKey: users.queryKey })
  const link = useMutation({ mutationFn: () => client.passwordLink(who.id), onSuccess: deliver, onError: complain })
  const end = useMutation({ mutationFn: () => client.endUserSessions(who.id), onSuccess: () => say(t.people.signedOut), onError: complain, onSettled: refresh })
  const enable = useMutation({ mutationFn: () => client.changeUser(who.id, { disabled: false }), onSuccess: () => say(t.people.enabled), onError: complain, onSettled: refresh })
  const disable = useMutation({
    mutationFn: () => client.changeUser(who.id, { disabled: true }),
    onSuccess: async () => {
      close()
      say(t.people.disabled)
      await refresh()
    },
  })
  const reset = useMutation({
    mutationFn: () => client.resetSecondFactor(who.id),
    onSuccess: async () => {
      close()
      say(t.factor.wasReset(who.name))
      await refresh()
    },
  })
  const remove = useMutation({
    mutationFn: () => client.deleteUser(who.id),
    onSuccess: async (d) => {
      close()
      deleted(d)
      await refresh()
    },
  })
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="compact-xs" variant="default" aria-label={t.people.actionsOf(who.name)}>
            {t.people.actions}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {who.state === 'disabled' ? (
            <Menu.Item onClick={() => enable.mutate()}>{t.people.enable}</Menu.Item>
          ) : (
            <>
              <Menu.Item onClick={() => link.mutate()}>{who.state === 'invited' ? t.people.inviteAgain : t.people.link}</Menu.Item>
              <Menu.Item onClick={() => end.mutate()}>{t.people.signOut}</Menu.Item>
              {!own && who.second_factor_at && <Menu.Item onClick={() => setAsked('factor')}>{t.factor.reset}</Menu.Item>}
              <Menu.Item onClick={() => setAsked('disable')}>{t.people.disable}</Menu.Item>
            </>
          )}
          {!own && <Menu.Item onClick={() => setAsked('delete')}>{t.people.delete}</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
      <Confirm title={t.people.disableTitle(who.name)} hint={t.people.disableHint} yes={t.people.disable} opened={asked === 'disable'} close={close} busy={disable.isPending} error={disable.error} go={() => disable.mutate()} />
      <Confirm title={t.factor.resetTitle(who.name)} hint={t.factor.resetHint} yes={t.factor.reset} opened={asked === 'factor'} close={close} busy={reset.isPending} error={reset.error} go={() => reset.mutate()} />
      <Confirm title={t.people.deleteTitle(who.name)} hint={t.people.deleteHint} yes={t.people.delete} opened={asked === 'delete'} close={close} busy={remove.isPending} error={remove.error} go={() => remove.mutate()} />
    </>
  )
}
