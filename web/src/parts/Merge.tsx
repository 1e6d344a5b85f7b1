// Two records are one: find the other, see both side by side, say so, and take it back, now or whenever.
import { Alert, Anchor, Button, Text, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { client } from '../api/client'
import { mergesOf } from '../api/queries'
import type { Merge as Standing } from '../api/types'
import { t } from '../strings'
import { f } from '../strings.frame'
import { author, moment } from './format'
import { fetched, later, useSoon } from './later'
import { useMay } from './may'
import { type Kind, type Record, Side, sideName } from './mergeSides'
import { Failed, messageOf } from './States'
import { Term } from './Term'

const files = fetched(() => import('./MergeDialogs'))
const MergeDialog = later('merge', () => files().then((m) => m.MergeDialog))
const Apart = later('un-merge', () => files().then((m) => m.Apart))
const dialogs = [MergeDialog, Apart]

/** The way to merge a record with another, for those who may. */
export function Merge({ of, record }: { of: Kind; record: Record }) {
  const [opened, { open, close }] = useDisclosure()
  const may = useMay()('write')
  useSoon(dialogs, may)
  if (!may) return null
  return (
    <>
      <Anchor component="button" size="sm" onClick={open} data-noprint>
        {f.merge.open}
      </Anchor>
      {opened && <MergeDialog of={of} record={record} close={close} />}
    </>
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
