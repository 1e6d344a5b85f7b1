// The notes on the days that a view shows: listed with the numbers that stand in its charts; added, changed, removed and put back.
import { Button, Group, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Annotation } from '../../api/boards'
import { client } from '../../api/client'
import { t } from '../../strings'
import { b } from '../../strings.boards'
import { fetched, later, useSoon } from '../later'
import { useMay } from '../may'
import { author } from '../format'
import { messageOf } from '../States'
import { spanText } from '../measure/words'

const n = b.notes
const file = fetched(() => import('./NoteDialog'))
const NoteDialog = later('note', () => file().then((m) => m.NoteDialog))
const dialogs = [NoteDialog]

export function Notes({ notes, today }: { notes: readonly Annotation[]; today: string }) {
  const may = useMay()
  useSoon(dialogs, may('write'))
  const queries = useQueryClient()
  const [open, setOpen] = useState<Annotation | 'new'>()
  const fresh = () => queries.invalidateQueries({ queryKey: ['dashboards'] })
  const restore = useMutation({ mutationFn: (id: string) => client.changeAnnotation(id, { removed: false }), onSuccess: fresh })
  const remove = useMutation({
    mutationFn: (id: string) => client.removeAnnotation(id),
    onSuccess: (a) => {
      void fresh()
      notifications.show({
        message: (
          <Group justify="space-between" wrap="nowrap">
            {n.removed}
            <Button size="compact-xs" variant="default" onClick={() => restore.mutate(a.id)}>
              {n.undo}
            </Button>
          </Group>
        ),
        closeButtonProps: { 'aria-label': t.close },
      })
    },
    onError: (error) => notifications.show({ message: messageOf(error), color: 'red', closeButtonProps: { 'aria-label': t.close } }),
  })
  return (
    <section aria-label={n.title} data-noprint={notes.length === 0 || undefined}>
      <Group justify="space-between" mb={4}>
        <Title order={2}>{n.title}</Title>
        {may('write') && (
          <Button size="compact-xs" variant="default" onClick={() => setOpen('new')} data-noprint>
            {n.add}
          </Button>
        )}
      </Group>
      {notes.length === 0 ? (
        <p className="hint">{n.none}</p>
      ) : (
        <ol className="note-list">
          {notes.map((a) => (
            <li key={a.id} id={a.id}>
              <span>
                <b className="whole">{spanText(a.period)}</b> {a.text}
                <Text size="xs" c="dimmed" span>
                  {' '}
                  {[a.channel, a.campaign, n.by(author(a.by)), a.changed_by && a.changed_by !== a.by ? n.changed(author(a.changed_by)) : ''].filter(Boolean).join(' · ')}
                </Text>
              </span>
              {may('write') && (
                <Group gap={4} wrap="nowrap" data-noprint>
                  <Button size="compact-xs" variant="subtle" onClick={() => setOpen(a)} aria-label={n.editOf(a.text)}>
                    {n.edit}
                  </Button>
                  <Button size="compact-xs" variant="subtle" onClick={() => remove.mutate(a.id)} aria-label={n.removeOf(a.text)}>
                    {n.remove}
                  </Button>
                </Group>
              )}
            </li>
          ))}
        </ol>
      )}
      {open && <NoteDialog note={open === 'new' ? undefined : open} today={today} close={() => setOpen(undefined)} done={fresh} />}
    </section>
  )
}
