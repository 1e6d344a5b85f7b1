// Who gets a view by mail and when, and what became of the last mails.
import { Button, Group, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { client } from '../../api/client'
import type { Schedule, View } from '../../api/types'
import { t } from '../../strings'
import { mails as m } from '../../strings.boards'
import { Confirm } from '../Dialogs'
import { moment } from '../format'
import { fetched, later, useSoon } from '../later'
import { useMay } from '../may'
import { Failed, messageOf } from '../States'

const file = fetched(() => import('./MailDialog'))
const PlanDialog = later('mails', () => file().then((m) => m.PlanDialog))
const dialogs = [PlanDialog]

export function Mails({ view }: { view: View }) {
  const may = useMay()
  useSoon(dialogs, may('export'))
  const queries = useQueryClient()
  const query = useQuery({ queryKey: ['schedules'], queryFn: ({ signal }) => client.schedules(signal), enabled: may('write'), refetchInterval: 10_000 })
  const [open, setOpen] = useState<Schedule | 'new'>()
  const [ending, setEnding] = useState<Schedule>()
  const fresh = () => queries.invalidateQueries({ queryKey: ['schedules'] })
  const tell = (error: unknown) => notifications.show({ message: messageOf(error), color: 'red', closeButtonProps: { 'aria-label': t.close } })
  const send = useMutation({
    mutationFn: (id: string) => client.sendSchedule(id),
    onSuccess: () => {
      void fresh()
      notifications.show({ message: m.onItsWay, closeButtonProps: { 'aria-label': t.close } })
    },
    onError: tell,
  })
  const remove = useMutation({
    mutationFn: (id: string) => client.removeSchedule(id),
    onSuccess: () => {
      setEnding(undefined)
      void fresh()
    },
  })
  if (!may('write')) return null
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />
  const x = query.data
  const list = (x?.data ?? []).filter((s) => s.view === view)
  return (
    <section aria-label={m.title} data-noprint>
      <Group justify="space-between" mb={4}>
        <Title order={2}>{m.title}</Title>
        {may('export') && (
          <Button size="compact-xs" variant="default" onClick={() => setOpen('new')}>
            {m.add}
          </Button>
        )}
      </Group>
      {x && !x.relay && <Text className="warn" size="sm">{m.noRelay}</Text>}
      {x && list.length === 0 && <p className="hint">{m.none}</p>}
      <ul className="note-list">
        {list.map((s) => (
          <li key={s.id}>
            <span>
              <b>{s.title}</b>{' '}
              {[m.spans[s.span], m.rhythm(s.every, s.day, s.at), m.to(s.recipients.length), s.paused ? m.isPaused : m.next(moment(s.next_at))].join(' · ')}
            </span>
            {may('export') && (
              <Group gap={4} wrap="nowrap">
                <Button size="compact-xs" variant="subtle" onClick={() => setOpen(s)} aria-label={m.editOf(s.title)}>
                  {m.edit}
                </Button>
                {x?.relay && (
                  <Button size="compact-xs" variant="subtle" loading={send.isPending} onClick={() => send.mutate(s.id)} aria-label={m.sendOf(s.title)}>
                    {m.send}
                  </Button>
                )}
                <Button size="compact-xs" variant="subtle" onClick={() => setEnding(s)} aria-label={m.removeOf(s.title)}>
                  {m.remove}
                </Button>
              </Group>
            )}
            <Latest s={s} />
          </li>
        ))}
      </ul>
      {open && <PlanDialog view={view} of={open === 'new' ? undefined : open} zone={x?.timezone ?? ''} close={() => setOpen(undefined)} done={fresh} />}
      {ending && <Confirm title={m.removeOf(ending.title)} opened close={() => setEnding(undefined)} hint={m.removeHint} yes={m.remove} busy={remove.isPending} error={remove.error} go={() => remove.mutate(ending.id)} />}
    </section>
  )
}

// What became of the last mails: to whom, when, and why one was not sent.
function Latest({ s }: { s: Schedule }) {
  if (s.latest.length === 0) return null
  const name = (who: string) => s.recipients.find((r) => r.who === who)?.name || (who.startsWith('usr_') ? m.gone : who) // a user who was deleted is no recipient any more
  return (
    <Text size="xs" c="dimmed" component="div">
      {m.last}, {moment(s.latest[0]!.due_at)}:{' '}
      {s.latest.map((d, i) => (
        <span key={d.who} className={d.state === 'failed' || d.state === 'unknown' || d.state === 'no_relay' ? 'warn' : undefined}>
          {i > 0 && ', '}
          {name(d.who)} {m.states[d.state] ?? d.state}
          {d.problem && ` (${d.problem})`}
        </span>
      ))}
    </Text>
  )
}
