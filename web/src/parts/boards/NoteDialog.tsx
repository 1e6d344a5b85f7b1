// A note on days: what happened, when, and which channel or campaign it concerns.
import { Alert, Button, Group, Textarea, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { Annotation } from '../../api/boards'
import { client } from '../../api/client'
import { b } from '../../strings.boards'
import { FormDialog } from '../Dialogs'
import { author } from '../format'
import { spanText } from '../measure/words'
import { isConflict, messageOf } from '../States'

const n = b.notes

const lastOf = (a: Annotation | undefined) => (a && a.period.last !== a.period.first ? a.period.last : '')

/** Makes a note or changes one. When somebody else changed it meanwhile, both are there, and saving again puts this one in the place of theirs. */
export function NoteDialog({ note, today, close, done }: { note: Annotation | undefined; today: string; close: () => void; done: () => Promise<void> }) {
  const [seen, setSeen] = useState(note)
  const [theirs, setTheirs] = useState<Annotation>()
  const [from, setFrom] = useState(note?.period.first ?? today)
  const [to, setTo] = useState(lastOf(note))
  const [text, setText] = useState(note?.text ?? '')
  const [channel, setChannel] = useState(note?.channel ?? '')
  const [campaign, setCampaign] = useState(note?.campaign ?? '')
  const save = useMutation({
    mutationFn: () => {
      const body = { from, to: to || from, text, channel, campaign }
      return seen ? client.changeAnnotation(seen.id, { ...body, revision: seen.revision, ...(seen.removed && { removed: false }) }) : client.annotate(body)
    },
    onError: async (error) => {
      if (!isConflict(error)) return
      const now = (await client.annotations(true).catch(() => [])).find((a) => a.id === note?.id)
      if (!now) return // the message says what happened
      setTheirs(now)
      setSeen(now)
    },
    onSuccess: async () => {
      await done()
      close()
    },
  })
  const take = (a: Annotation) => {
    setFrom(a.period.first)
    setTo(lastOf(a))
    setText(a.text)
    setChannel(a.channel ?? '')
    setCampaign(a.campaign ?? '')
    setTheirs(undefined)
    save.reset()
  }
  return (
    <FormDialog title={note ? n.dialog.edit : n.dialog.add} go={n.save} busy={save.isPending} problem={save.isError && !theirs ? messageOf(save.error) : undefined} close={close} submit={() => save.mutate()}>
      {theirs && (
        <Alert variant="default" title={n.faster(author(theirs.changed_by ?? ''), theirs.removed ?? false)}>
          <p>
            <b className="whole">{spanText(theirs.period)}</b> <span>{theirs.text}</span>
          </p>
          <Group justify="space-between" mt="xs">
            {n.fasterHint(theirs.removed ?? false)}
            {!theirs.removed && (
              <Button size="compact-sm" variant="default" onClick={() => take(theirs)}>
                {n.theirs}
              </Button>
            )}
          </Group>
        </Alert>
      )}
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
