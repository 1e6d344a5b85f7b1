import { Button, Code, CopyButton, Group, NativeSelect, Skeleton, Stack, Table, Tabs, Text, TextInput, Title, VisuallyHidden } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { client } from '../api/client'
import { keys } from '../api/queries'
import type { CreatedKey, Key, NewKey } from '../api/types'
import { day } from '../parts/format'
import { type Snippet, snippet } from '../parts/snippets'
import { Confirm } from '../parts/Dialogs'
import { useMay } from '../parts/may'
import { Empty, Failed, messageOf } from '../parts/States'
import { Term } from '../parts/Term'
import { t } from '../strings'
import { SettingsTabs } from './SettingsTabs'

export function Settings() {
  const admin = useMay()('admin')
  const query = useQuery({ ...keys, enabled: admin })
  const [created, setCreated] = useState<CreatedKey | null>(null)
  const live = query.data?.filter((k) => !k.revoked_at) ?? []
  const sentence = admin ? query.data && t.settings.sentence(live.filter((k) => k.kind === 'write').length) : t.settings.onlySnippets
  return (
    <SettingsTabs at="/settings" title={t.settings.title} sentence={sentence}>
      <Stack gap="xl">
        {admin && (
          <section aria-label={t.settings.keys}>
            <Title order={2}><Term name="keyKind">{t.settings.keys}</Term></Title>
            <Text c="dimmed" size="sm" mb="sm">
              {t.settings.keyHint}
            </Text>
            <MakeKey made={setCreated} />
            {created && <Once made={created} />}
            {query.isError ? <Failed error={query.error} retry={() => void query.refetch()} /> : query.isPending ? <Skeleton height={120} /> : <Keys all={query.data} />}
          </section>
        )}
        <Snippets server={location.origin} writeKey={created?.kind === 'write' ? created.key : t.settings.placeholder} />
      </Stack>
    </SettingsTabs>
  )
}

const allScopes = ['read', 'intake', 'export', 'sales', 'write', 'import', 'playbook', 'admin']

function MakeKey({ made }: { made: (key: CreatedKey) => void }) {
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [kind, setKind] = useState<NewKey['kind']>('write')
  const [scopes, setScopes] = useState('read')
  const make = useMutation({
    mutationFn: () => client.createKey({ kind, name: name.trim(), ...(kind === 'secret' ? { scopes: scopes === 'all' ? allScopes : [scopes] } : {}) }),
    onSuccess: async (key) => {
      made(key)
      setName('')
      await queries.invalidateQueries({ queryKey: ['keys'] })
    },
  })
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault()
        make.mutate()
      }}
    >
      <Group align="start" mb="md" gap="xs">
        <TextInput size="xs" label={t.settings.name} placeholder={t.settings.namePlaceholder} value={name} onChange={(e) => setName(e.currentTarget.value)} required error={make.isError && messageOf(make.error)} />
        <NativeSelect size="xs" label={t.settings.kind} description={t.settings.kindDoes[kind]} inputWrapperOrder={['label', 'input', 'description', 'error']} value={kind} onChange={(e) => setKind(e.currentTarget.value as NewKey['kind'])} data={Object.entries(t.settings.kinds).map(([value, label]) => ({ value, label }))} />
        {kind === 'secret' && (
          <NativeSelect size="xs" label={t.settings.scopes} description={t.settings.mayDoes[scopes]} inputWrapperOrder={['label', 'input', 'description', 'error']} value={scopes} onChange={(e) => setScopes(e.currentTarget.value)} data={Object.entries(t.settings.may).map(([value, label]) => ({ value, label }))} />
        )}
        <Button size="xs" type="submit" mt={22} loading={make.isPending} disabled={!name.trim()}>
          {t.settings.create}
        </Button>
      </Group>
    </form>
  )
}

function Once({ made }: { made: CreatedKey }) {
  return (
    <Stack gap={4} mb="md" className="drop" role="status">
      <Text fw={600}>{t.settings.onceTitle}</Text>
      <Group>
        <Code fz="md">{made.key}</Code>
        <Copy value={made.key} />
      </Group>
      <Text size="sm" c="dimmed">
        {t.settings.once}
      </Text>
    </Stack>
  )
}

function Keys({ all }: { all: readonly Key[] }) {
  if (all.length === 0) return <Empty title={t.settings.empty} />
  return (
    <Table className="table" verticalSpacing={5}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t.settings.name}</Table.Th>
          <Table.Th>{t.settings.kind}</Table.Th>
          <Table.Th visibleFrom="sm"><Term name="scopes">{t.settings.scopes}</Term></Table.Th>
          <Table.Th visibleFrom="sm">{t.settings.created}</Table.Th>
          <Table.Th>
            <VisuallyHidden>{t.settings.revoke}</VisuallyHidden>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {all.map((k) => (
          <Table.Tr key={k.id}>
            <Table.Td>
              {k.name}
              <Text size="xs" c="dimmed">
                <code>{k.hint}…</code>
              </Text>
            </Table.Td>
            <Table.Td>{t.settings.kinds[k.kind]}</Table.Td>
            <Table.Td visibleFrom="sm">{k.kind === 'write' ? t.settings.append : k.scopes.join(', ')}</Table.Td>
            <Table.Td visibleFrom="sm">{day(k.created_at)}</Table.Td>
            <Table.Td className="figure">{k.revoked_at ? t.settings.revoked : <Revoke which={k} />}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

function Revoke({ which }: { which: Key }) {
  const [asked, setAsked] = useState(false)
  const queries = useQueryClient()
  const revoke = useMutation({
    mutationFn: () => client.revokeKey(which.id),
    onSuccess: async () => {
      setAsked(false)
      notifications.show({ message: t.settings.revokedDone })
      await queries.invalidateQueries({ queryKey: ['keys'] })
    },
  })
  return (
    <>
      <Button size="compact-xs" variant="subtle" onClick={() => setAsked(true)} aria-label={`${t.settings.revoke} ${which.name}`}>
        {t.settings.revoke}
      </Button>
      <Confirm title={t.settings.revokeTitle(which.name)} hint={t.settings.revokeHint} yes={t.settings.revoke} opened={asked} close={() => setAsked(false)} busy={revoke.isPending} error={revoke.error} go={() => revoke.mutate()} />
    </>
  )
}

function Snippets({ server, writeKey }: { server: string; writeKey: string }) {
  return (
    <section aria-label={t.settings.snippets}>
      <Title order={2}>{t.settings.snippets}</Title>
      <Text c="dimmed" size="sm" mb="sm">
        {t.settings.snippetsHint}
      </Text>
      <Tabs defaultValue="browser">
        <Tabs.List mb="xs">
          {(['browser', 'node', 'curl'] as const).map((s) => (
            <Tabs.Tab key={s} value={s}>
              {t.settings[s]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {(['browser', 'node', 'curl'] as Snippet[]).map((s) => (
          <Tabs.Panel key={s} value={s} className="snippet">
            <Code block tabIndex={0}>
              {snippet(s, server, writeKey)}
            </Code>
            <Copy value={snippet(s, server, writeKey)} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </section>
  )
}

function Copy({ value }: { value: string }) {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Button size="compact-xs" variant="default" onClick={copy}>
          {copied ? t.copied : t.copy}
        </Button>
      )}
    </CopyButton>
  )
}
