// Making one of two records, and two of one again.
import { Button, Group, Stack, Table, Text, TextInput, VisuallyHidden } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { client } from '../api/client'
import { listOf } from '../api/queries'
import type { Merge as Standing } from '../api/types'
import { t } from '../strings'
import { f } from '../strings.frame'
import { Confirm, Dialog } from './Dialogs'
import { moment, nameOf, points } from './format'
import { type Kind, type Record, Side } from './mergeSides'
import { messageOf } from './States'
import { Term } from './Term'
import { stageName } from './words'

/** What tells two records apart, side by side: name, values of both, and whether they differ. */
export function compared(a: Record, b: Record): [string, string, string, boolean][] {
  const of = (x: Record): [string, string][] =>
    'email' in x
      ? [[t.columns.name, x.name], [t.columns.email, x.email], [t.columns.title, x.title], [t.columns.account, x.account?.name ?? ''], [t.columns.owner, x.owner], [t.columns.stage, stageName(x.stage)], [t.columns.intent, points(x.intent)], [t.columns.lastSeen, moment(x.last_seen_at)]]
      : [[t.columns.name, x.name], [f.merge.domain, x.domain], [t.columns.industry, x.industry], [t.columns.country, x.country], [t.columns.people, String(x.people)], [t.columns.owner, x.owner], [t.columns.stage, stageName(x.stage, 'account')], [t.columns.intent, points(x.intent)]]
  const others = of(b)
  return of(a).map(([name, value], i) => [name, value, others[i]![1], value !== others[i]![1]])
}

type Props = { of: Kind; record: Record; close: () => void }

/** Finds the other record and shows both before they become one. */
export function MergeDialog(props: Props) {
  return (
    <Dialog opened close={props.close} title={f.merge.title(nameOf(props.record))}>
      <Choose {...props} />
    </Dialog>
  )
}

function Choose({ of, record, close }: Props) {
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

/** Takes a merge back, after saying what that means. */
export function Apart({ merge, close }: { merge: Standing; close: () => void }) {
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
