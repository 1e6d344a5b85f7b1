import { Button, Group, PasswordInput, Skeleton, Stack, Table, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { client } from '../api/client'
import { session, sessions } from '../api/queries'
import { tell } from '../api/renewal'
import { fieldOf, otherwise } from '../frame/entering'
import { browserIn } from '../parts/format'
import { Failed, Lead, messageOf } from '../parts/States'
import { Term } from '../parts/Term'
import { t } from '../strings'
import { Ago } from './columns'
import { SecondFactor } from './SecondFactor'

export function OwnAccount() {
  const who = useQuery(session).data
  return (
    <Stack gap="xl">
      <Lead title={t.own.title} sentence={who && t.own.sentence(who.user.name, t.people.roles[who.user.role] ?? who.user.role)} />
      {who && <ChangePassword first={who.user.state === 'invited'} email={who.user.email} />}
      {who && <SecondFactor withoutPassword={who.user.state === 'invited'} email={who.user.email} />}
      <Sessions />
    </Stack>
  )
}

export function ChangePassword({ first, email }: { first: boolean; email: string }) {
  const queries = useQueryClient()
  const [form, setForm] = useState({ current_password: '', password: '' })
  const change = useMutation({
    mutationFn: () => client.changePassword(form),
    onSuccess: async (s) => {
      setForm({ current_password: '', password: '' })
      queries.setQueryData(session.queryKey, s)
      tell(s.user)
      notifications.show({ message: t.own.changed, closeButtonProps: { 'aria-label': t.close } })
      await queries.invalidateQueries({ queryKey: sessions.queryKey })
    },
  })
  const field = (name: keyof typeof form) => ({
    value: form[name],
    onChange: (e: { currentTarget: { value: string } }) => {
      const { value } = e.currentTarget
      setForm((f) => ({ ...f, [name]: value }))
    },
    error: fieldOf(change.error, name),
    visibilityToggleButtonProps: { 'aria-label': t.door.show },
  })
  const other = otherwise(change.error, ['current_password', 'password'])
  return (
    <section aria-label={t.own.password}>
      <Title order={2} mb="xs">
        {t.own.password}
      </Title>
      <form
        noValidate
        onSubmit={(e) => {
          e.preventDefault()
          change.mutate()
        }}
      >
        <Stack maw={360} gap="sm">
          <input type="email" name="email" autoComplete="username" value={email} readOnly hidden />
          {!first && <PasswordInput label={t.own.current} autoComplete="current-password" {...field('current_password')} />}
          <PasswordInput label={t.own.fresh} description={t.door.passwordHint} autoComplete="new-password" {...field('password')} />
          {other && (
            <Text className="bad" role="alert">
              {other}
            </Text>
          )}
          <Button type="submit" size="xs" loading={change.isPending} disabled={!form.password} w="fit-content">
            {t.own.change}
          </Button>
        </Stack>
      </form>
    </section>
  )
}

function Sessions() {
  const query = useQuery(sessions)
  const queries = useQueryClient()
  const done = {
    onSuccess: async () => {
      notifications.show({ message: t.own.ended, closeButtonProps: { 'aria-label': t.close } })
      await queries.invalidateQueries({ queryKey: sessions.queryKey })
    },
    onError: (error: unknown) => notifications.show({ message: messageOf(error), color: 'red', closeButtonProps: { 'aria-label': t.close } }),
  }
  const end = useMutation({ mutationFn: client.endSession, ...done })
  const others = useMutation({ mutationFn: client.endOtherSessions, ...done })
  return (
    <section aria-label={t.own.sessions}>
      <Group justify="space-between" mb="xs">
        <Title order={2}><Term name="session">{t.own.sessions}</Term></Title>
        {(query.data?.length ?? 0) > 1 && (
          <Button size="xs" variant="default" loading={others.isPending} onClick={() => others.mutate()}>
            {t.own.endOthers}
          </Button>
        )}
      </Group>
      {query.isError ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : query.isPending ? (
        <Skeleton height={80} />
      ) : (
        <Table className="table" verticalSpacing={5}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t.own.browser}</Table.Th>
              <Table.Th visibleFrom="sm">{t.own.address}</Table.Th>
              <Table.Th visibleFrom="sm">{t.own.since}</Table.Th>
              <Table.Th>{t.own.used}</Table.Th>
              <Table.Th className="figure">{t.own.end}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {query.data.map((s) => (
              <Table.Tr key={s.id}>
                <Table.Td title={s.user_agent}>{browserIn(s.user_agent) || t.unknown}</Table.Td>
                <Table.Td visibleFrom="sm">{s.address}</Table.Td>
                <Table.Td visibleFrom="sm">
                  <Ago at={s.created_at} />
                </Table.Td>
                <Table.Td>
                  <Ago at={s.used_at} />
                </Table.Td>
                <Table.Td className="figure">
                  {s.current ? (
                    t.own.here
                  ) : (
                    <Button size="compact-xs" variant="subtle" loading={end.isPending && end.variables === s.id} onClick={() => end.mutate(s.id)} aria-label={`${t.own.end} ${browserIn(s.user_agent)} ${s.address}`}>
                      {t.own.end}
                    </Button>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </section>
  )
}
