// A note on days: what happened, when, and which channel or campaign it concerns.
import { Group, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { Annotation } from '../../api/boards'
import { client } from '../../api/client'
import { b } from '../../strings.boards'
import { FormDialog } from '../Dialogs'
import { author } from '../format'
import { spanText } from '../measure/words'
import { Theirs, useMeanwhile } from '../meanwhile'

const n = b.notes

const lastOf = (a: Annotation | undefined) => (a && a.period.last !== a.period.first ? a.period.last : '')

/** Makes a note or changes one. When somebody else changed it meanwhile, both are there, and saving again puts this one in the place of theirs. */
export function NoteDialog({ note, today, close, done }: { note: Annotation | undefined; today: string; close: () => void; done: () => Promise<void> }) {
  const [from, setFrom] = useState(note?.period.first ?? today)
  const [to, setTo] = useState(lastOf(note))
  const [text, setText] = useState(note?.text ?? '')
  const [channel, setChannel] = useState(note?.channel ?? '')
  const [campaign, setCampaign] = useState(note?.campaign ?? '')
  const { theirs, taken, form } = useMeanwhile({
    start: note,
    save: (seen) => {
      const body = { from, to: to || from, text, channel, campaign }
      return seen ? client.changeAnnotation(seen.id, { ...body, revision: seen.revision, ...(seen.removed && { removed: false }) }) : client.annotate(body)
    },
    now: async () => (await client.annotations(true)).find((a) => a.id === note?.id),
    done,
    close,
  })
  const take = (a: Annotation) => {
    setFrom(a.period.first)
    setTo(lastOf(a))
    setText(a.text)
    setChannel(a.channel ?? '')
    setCampaign(a.campaign ?? '')
    taken()
  }
  return (
    <FormDialog title={note ? n.dialog.edit : n.dialog.add} go={n.save} {...form}>
      {theirs && (
        <Theirs who={author(theirs.changed_by ?? '')} removed={theirs.removed ?? false} {...(!theirs.removed && { take: () => take(theirs) })}>
          <b className="whole">{spanText(theirs.period)}</b> <span>{theirs.text}</span>
        </Theirs>
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
