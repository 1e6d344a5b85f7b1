// A note on days: what happened, when, and which channel or campaign it concerns.
import { Group, Textarea, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { Annotation } from '../../api/boards'
import { client } from '../../api/client'
import { b } from '../../strings.boards'
import { FormDialog } from '../Dialogs'
import { messageOf } from '../States'

const n = b.notes

export function NoteDialog({ note, today, close, done }: { note: Annotation | undefined; today: string; close: () => void; done: () => Promise<void> }) {
  const [from, setFrom] = useState(note?.period.first ?? today)
  const [to, setTo] = useState(note && note.period.last !== note.period.first ? note.period.last : '')
  const [text, setText] = useState(note?.text ?? '')
  const [channel, setChannel] = useState(note?.channel ?? '')
  const [campaign, setCampaign] = useState(note?.campaign ?? '')
  const save = useMutation({
    mutationFn: () => {
      const body = { from, to: to || from, text, channel, campaign }
      return note ? client.changeAnnotation(note.id, body) : client.annotate(body)
    },
    onSuccess: async () => {
      await done()
      close()
    },
  })
  return (
    <FormDialog title={note ? n.dialog.edit : n.dialog.add} go={n.save} busy={save.isPending} problem={save.isError ? messageOf(save.error) : undefined} close={close} submit={() => save.mutate()}>
      <Textarea label={n.text} value={text} onChange={(e) => setText(e.currentTarget.value)} maxLength={500} autosize minRows={2} required data-autofocus />
      <Group grow>
        <TextInput type="date" label={n.from} value={from} onChange={(e) => setFrom(e.currentTarget.value)} required />
        <TextInput type="date" label={n.to} value={to} min={from} onChange={(e) => setTo(e.currentTarget.value)} />
      </Group>
      <Group grow>
        <TextInput label={n.channel} value={channel} onChange={(e) => setChannel(e.currentTarget.value)} maxLength={200} />
        <TextInput label={n.campaign} value={campaign} onChange={(e) => setCampaign(e.currentTarget.value)} maxLength={200} />
      </Group>
    </FormDialog>
  )
}
