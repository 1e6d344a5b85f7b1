// When a view is mailed, and to whom.
import { Checkbox, NativeSelect, NumberInput, Text, Textarea, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { client } from '../../api/client'
import type { Schedule, SchedulePlan, View } from '../../api/types'
import { b, mails as m } from '../../strings.boards'
import { FormDialog } from '../Dialogs'
import { messageOf } from '../States'

export function PlanDialog({ view, of, zone, close, done }: { view: View; of: Schedule | undefined; zone: string; close: () => void; done: () => Promise<void> }) {
  const [title, setTitle] = useState(of?.title ?? b.tabs[view])
  const [span, setSpan] = useState<string>(of?.span ?? 'last-week')
  const [compare, setCompare] = useState<string>(of?.compare ?? 'previous')
  const [every, setEvery] = useState<string>(of?.every ?? 'weekly')
  const [day, setDay] = useState(of?.day ?? 1)
  const [at, setAt] = useState(of?.at ?? '08:00')
  const [who, setWho] = useState((of?.recipients ?? []).map((r) => r.who).join('\n'))
  const [paused, setPaused] = useState(of?.paused ?? false)
  const save = useMutation({
    mutationFn: () => {
      const plan: SchedulePlan = { title, view, span: span as SchedulePlan['span'], compare: compare as NonNullable<SchedulePlan['compare']>, every: every as SchedulePlan['every'], day, at, paused, recipients: who.split(/[\s,;]+/).filter(Boolean) }
      return of ? client.changeSchedule(of.id, plan) : client.createSchedule(plan)
    },
    onSuccess: async () => {
      await done()
      close()
    },
  })
  const options = (words: Record<string, string>) => Object.entries(words).map(([value, label]) => ({ value, label }))
  return (
    <FormDialog title={of ? m.editOf(of.title) : m.add} go={m.save} busy={save.isPending} problem={save.isError ? messageOf(save.error) : undefined} close={close} submit={() => save.mutate()}>
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
