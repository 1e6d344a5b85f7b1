// Two records are one: find the other, see both side by side, say so, and take it back, now or whenever.
import { Alert, Anchor, Button, Group, Stack, Table, Text, TextInput, Title, VisuallyHidden } from '@mantine/core'
import { useDebouncedValue, useDisclosure } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { client } from '../api/client'
import { listOf, mergesOf } from '../api/queries'
import type { Account, Contact, Merge as Standing, MergeSide } from '../api/types'
import { t } from '../strings'
import { f } from '../strings.frame'
import { Confirm, Dialog } from './Dialogs'
import { author, moment, nameOf, points } from './format'
import { useMay } from './may'
import { Failed, messageOf } from './States'
import { Term } from './Term'
import { stageName } from './words'

type Kind = 'contacts' | 'accounts'
type Record = Contact | Account

/** What tells two records apart, side by side: name, values of both, and whether they differ. */
export function compared(a: Record, b: Record): [string, string, string, boolean][] {
  const of = (x: Record): [string, string][] =>
    'email' in x
      ? [[t.columns.name, x.name], [t.columns.email, x.email], [t.columns.title, x.title], [t.columns.account, x.account?.name ?? ''], [t.columns.owner, x.owner], [t.columns.stage, stageName(x.stage)], [t.columns.intent, points(x.intent)], [t.columns.lastSeen, moment(x.last_seen_at)]]
      : [[t.columns.name, x.name], [f.merge.domain, x.domain], [t.columns.industry, x.industry], [t.columns.country, x.country], [t.columns.people, String(x.people)], [t.columns.owner, x.owner], [t.columns.stage, stageName(x.stage, 'account')], [t.columns.intent, points(x.intent)]]
  const others = of(b)
  return of(a).map(([name, value], i) => [name, value, others[i]![1], value !== others[i]![1]])
}

/** The way to merge a record with another, for those who may. */
export function Merge({ of, record }: { of: Kind; record: Record }) {
  const [opened, { open, close }] = useDisclosure()
  if (!useMay()('write')) return null
  return (
    <>
      <Anchor component="button" size="sm" onClick={open}>
        {f.merge.open}
      </Anchor>
      <Dialog opened={opened} close={close} title={f.merge.title(nameOf(record))}>
        <Choose of={of} record={record} close={close} />
      </Dialog>
    </>
  )
}

function Choose({ of, record, close }: { of: Kind; record: Record; close: () => void }) {
  const [typed, setTyped] = useState('')
  const [q] = useDebouncedValue(typed.trim(), 200)
  const [other, setOther] = useState<Record>()
  const query = useQuery({ ...listOf(of, { q, limit: 8 }), enabled: q !== '', placeholderData: undefined })
  const rows = ((query.data?.data ?? []) as Record[]).filter((x) => x.id !== record.id)
  if (other) return <Sure of={of} record={record} other={other} back={() => setOther(undefined)} close={close} />
  return (
    <Stack gap="xs">
      <Text size="sm" component="div">
        <Term name="merge">{f.merge.hint}</Term>
      </Text>
      <TextInput data-autofocus label={f.merge.search} value={typed} onChange={(e) => setTyped(e.currentTarget.value)} autoComplete="off" />
      {rows.map((x) => (
        <Button key={x.id} variant="default" justify="space-between" onClick={() => setOther(x)} rightSection={<Text size="xs" c="dimmed" maw={220} truncate>{'email' in x ? x.email : x.domain}</Text>}>
          {nameOf(x)}
        </Button>
      ))}
      <Text size="sm" c="dimmed" role="status">
        {query.isError ? messageOf(query.error) : query.isSuccess && rows.length === 0 ? f.merge.none : ''}
      </Text>
    </Stack>
  )
}

function Sure({ of, record, other, back, close }: { of: Kind; record: Record; other: Record; back: () => void; close: () => void }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const merge = useMutation({
    mutationFn: () => client.merge(record.id, other.id),
    onSuccess: async () => {
      close()
      await navigate({ to: `/${of}/$id`, params: { id: record.id }, search: { merged: other.id } })
      await queries.invalidateQueries()
    },
  })
  return (
    <Stack>
      <div className="scroll">
        <Table className="table" verticalSpacing={4} horizontalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>
                <VisuallyHidden>{f.merge.what}</VisuallyHidden>
              </Table.Th>
              <Table.Th>{f.merge.this}</Table.Th>
              <Table.Th>{f.merge.other}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {compared(record, other).map(([name, a, b, differs]) => (
              <Table.Tr key={name}>
                <Table.Th scope="row">{name}</Table.Th>
                <Table.Td className="wrap">{differs ? <b>{a || t.unknown}</b> : a || t.unknown}</Table.Td>
                <Table.Td className="wrap">{differs ? <b>{b || t.unknown}</b> : b || t.unknown}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      <Text size="sm">{f.merge.sure}</Text>
      {merge.error && (
        <Text className="bad" role="alert">
          {messageOf(merge.error)}
        </Text>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={back}>
          {f.merge.back}
        </Button>
        <Button loading={merge.isPending} onClick={() => merge.mutate()}>
          {f.merge.go}
        </Button>
      </Group>
    </Stack>
  )
}

/** After a merge: that it was done, and the way back. It stands in the URL, so that it can be taken back from there later. */
export function Merged() {
  const { id } = useParams({ strict: false }) as { id?: string } // the record's own may be the other's by now
  const { merged } = useSearch({ strict: false }) as { merged?: string }
  const may = useMay()('write')
  const queries = useQueryClient()
  const navigate = useNavigate()
  const undo = useMutation({
    mutationFn: () => client.unmerge(id!, merged!),
    onSuccess: async () => {
      await navigate({ to: '.', search: (s: { [name: string]: string | undefined }) => ({ ...s, merged: undefined }), replace: true })
      await queries.invalidateQueries()
      notifications.show({ message: f.merge.undone, closeButtonProps: { 'aria-label': t.close } })
    },
    onError: (error) => notifications.show({ message: messageOf(error), color: 'red', closeButtonProps: { 'aria-label': t.close } }),
  })
  if (!merged || !may) return null
  return (
    <Alert variant="outline" role="status" title={f.merge.done(merged)} styles={{ title: { color: 'var(--mantine-color-text)' } }}>
      <Button size="compact-sm" variant="default" loading={undo.isPending} onClick={() => undo.mutate()}>
        {f.merge.undo}
      </Button>
    </Alert>
  )
}

/** The merges of which a record consists today, each with the way back. Identity is of today, on pages of the past too, where nothing is changed. */
export function Merges({ of, id, past }: { of: Kind; id: string; past: boolean }) {
  const query = useQuery(mergesOf(of, id))
  const may = useMay()('write') && !past
  const [back, setBack] = useState<Standing>()
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />
  if (!query.data?.length) return null
  return (
    <section aria-label={f.merge.together}>
      <Title order={2}>
        <Term name="merge">{f.merge.together}</Term>
      </Title>
      <ol className="decisions">
        {query.data.map((m) => (
          <li key={m.position}>
            <Side side={m.a} /> <span>{f.merge.and}</span> <Side side={m.b} />
            <Text size="sm" c="dimmed">
              <time dateTime={m.at ?? ''}>{moment(m.at)}</time> {m.by && f.merge.by(author(m.by))}
            </Text>
            {!m.separates && <Text size="sm">{f.merge.stays}</Text>}
            {may && (
              <Anchor component="button" size="sm" aria-label={f.merge.apartOf(sideName(m.a), sideName(m.b))} onClick={() => setBack(m)}>
                {f.merge.apart}
              </Anchor>
            )}
          </li>
        ))}
      </ol>
      {back && <Apart merge={back} close={() => setBack(undefined)} />}
    </section>
  )
}

const sideName = (side: MergeSide) => side.name || side.identifiers?.[0]?.value || side.id

/** A side by its name and what it is known by. */
function Side({ side }: { side: MergeSide }) {
  const known = (side.identifiers ?? []).map((i) => i.value).filter((v) => v !== side.name)
  return (
    <span className="wrap">
      <b>{sideName(side)}</b> {side.name && known.length > 0 && <Text span size="sm" c="dimmed">{`(${known.join(', ')})`}</Text>}
    </span>
  )
}

function Apart({ merge, close }: { merge: Standing; close: () => void }) {
  const queries = useQueryClient()
  const navigate = useNavigate()
  const undo = useMutation({
    mutationFn: () => client.unmerge(merge.a.id, merge.b.id),
    onSuccess: async () => {
      close()
      await navigate({ to: '.', search: (s: { [name: string]: string | undefined }) => ({ ...s, merged: undefined }), replace: true, resetScroll: false })
      await queries.invalidateQueries()
      notifications.show({ message: merge.separates ? f.merge.undone : f.merge.stays, closeButtonProps: { 'aria-label': t.close } })
    },
    onError: () => queries.invalidateQueries({ queryKey: ['merges'] }), // somebody else may have been faster
  })
  return (
    <Confirm opened title={f.merge.apartTitle} hint={merge.separates ? f.merge.apartHint : f.merge.stays} yes={f.merge.apartYes} busy={undo.isPending} error={undo.error} go={() => undo.mutate()} close={close}>
      <Text component="div">
        <Side side={merge.a} /> {f.merge.and} <Side side={merge.b} />
      </Text>
    </Confirm>
  )
}
