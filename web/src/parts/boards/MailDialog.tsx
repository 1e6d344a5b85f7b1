// When a view is mailed, and to whom.
import { Checkbox, NativeSelect, NumberInput, Text, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { client } from '../../api/client'
import type { Schedule, SchedulePlan, View } from '../../api/types'
import { b, mails as m } from '../../strings.boards'
import { FormDialog } from '../Dialogs'
import { author } from '../format'
import { Theirs, useMeanwhile } from '../meanwhile'

const listed = (s: Schedule) => s.recipients.map((r) => r.who).join('\n')

export function PlanDialog({ view, of, zone, close, done }: { view: View; of: Schedule | undefined; zone: string; close: () => void; done: () => Promise<void> }) {
  const [title, setTitle] = useState(of?.title ?? b.tabs[view])
  const [span, setSpan] = useState<string>(of?.span ?? 'last-week')
  const [compare, setCompare] = useState<string>(of?.compare ?? 'previous')
  const [every, setEvery] = useState<string>(of?.every ?? 'weekly')
  const [day, setDay] = useState(of?.day ?? 1)
  const [at, setAt] = useState(of?.at ?? '08:00')
  const [who, setWho] = useState(of ? listed(of) : '')
  const [paused, setPaused] = useState(of?.paused ?? false)
  const { theirs, taken, form } = useMeanwhile({
    start: of,
    save: (seen) => {
      const plan: SchedulePlan = { title, view, span: span as SchedulePlan['span'], compare: compare as NonNullable<SchedulePlan['compare']>, every: every as SchedulePlan['every'], day, at, paused, recipients: who.split(/[\s,;]+/).filter(Boolean) }
      return seen ? client.changeSchedule(seen.id, { ...plan, revision: seen.revision }) : client.createSchedule(plan)
    },
    now: async () => (await client.schedules()).data.find((s) => s.id === of?.id),
    done,
    close,
  })
  const take = (s: Schedule) => {
    setTitle(s.title)
    setSpan(s.span)
    setCompare(s.compare)
    setEvery(s.every)
    setDay(s.day)
    setAt(s.at)
    setWho(listed(s))
    setPaused(s.paused)
    taken()
  }
  const options = (words: Record<string, string>) => Object.entries(words).map(([value, label]) => ({ value, label }))
  return (
    <FormDialog title={of ? m.editOf(of.title) : m.add} go={m.save} {...form}>
      {theirs && (
        <Theirs who={author(theirs.changed_by)} take={() => take(theirs)}>
          <b>{theirs.title}</b>{' '}
          {[m.spans[theirs.span], b.compares[theirs.compare], m.rhythm(theirs.every, theirs.day, theirs.at), ...(theirs.paused ? [m.isPaused] : []), m.toWhom(theirs.recipients.map((r) => r.name || r.who))].join(' · ')}
        </Theirs>
      )}
      <TextInput label={m.name} value={title} onChange={(e) => setTitle(e.currentTarget.value)} maxLength={200} required data-autofocus />
      <div className="beside">
        <NativeSelect className="all" label={m.span} value={span} onChange={(e) => setSpan(e.currentTarget.value)} data={options(m.spans)} />
        <NativeSelect className="all" label={b.compare} value={compare} onChange={(e) => setCompare(e.currentTarget.value)} data={options(b.compares)} />
      </div>
      <div className="beside three">
        <NativeSelect className="all" label={m.every} value={every} onChange={(e) => { setEvery(e.currentTarget.value); setDay(1) }} data={options(m.rhythms)} />
        {every === 'weekly' ? (
          <NativeSelect label={m.weekday} value={String(day)} onChange={(e) => setDay(Number(e.currentTarget.value))} data={m.weekdays.map((label, i) => ({ value: String(i + 1), label }))} />
        ) : (
          <NumberInput label={m.day} value={day} onChange={(v) => setDay(Number(v) || 1)} min={1} max={31} allowDecimal={false} />
        )}
        <TextInput type="time" label={m.at} value={at} onChange={(e) => setAt(e.currentTarget.value)} required />
      </div>
      <Text size="xs" c="dimmed">
        {m.zone(zone)}
      </Text>
      <Textarea label={m.recipients} description={m.recipientsHint} value={who} onChange={(e) => setWho(e.currentTarget.value)} autosize minRows={2} required />
      {of && <Checkbox label={m.paused} checked={paused} onChange={(e) => setPaused(e.currentTarget.checked)} />}
    </FormDialog>
  )
}
