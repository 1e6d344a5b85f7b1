// The forms of what sales does with leads. What was typed stays when the server refuses; when somebody else was faster, the form says so and is
// sent again as it stands then.
import { NativeSelect, Radio, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { client } from '../../api/client'
import { salesOptions } from '../../api/sales'
import { l } from '../../strings.lists'
import { s } from '../../strings.sales'
import { inWords } from '../words'
import { Form } from './Form'
import { isConflict } from '../States'
import type { Subject, useLeadActs } from './useActs'

export type Asking = { what: 'accept' | 'reject' | 'qualify'; subject: Subject } | { what: 'assign' | 'reject all'; subjects: Subject[] }
type Acts = ReturnType<typeof useLeadActs>

type Props = { asking: Asking; acts: Acts; close: () => void; done?: () => void }

/**
 * Whichever form is asked for, once it is known what it offers: the focus goes to its first field. done is told when several were assigned or
 * rejected.
 */
export function LeadDialog({ asking, acts, close, done }: Props) {
  const ready = useQuery(salesOptions).isSuccess
  if (!ready) return null
  const ended = () => {
    close()
    done?.()
  }
  switch (asking.what) {
    case 'accept':
      return <Accept subject={asking.subject} acts={acts} close={close} />
    case 'reject':
      return <Reject subjects={[asking.subject]} acts={acts} close={close} />
    case 'reject all':
      return <Reject subjects={asking.subjects} acts={acts} close={close} ended={ended} />
    case 'qualify':
      return <Qualify subject={asking.subject} acts={acts} close={close} />
    case 'assign':
      return <Assign subjects={asking.subjects} acts={acts} close={close} ended={ended} />
  }
}

/** The position that a form saw; after a refusal because somebody was faster, the present one. */
function useSeen(subject: Subject) {
  const [seen, setSeen] = useState(subject.stage_position)
  const refresh = async () => {
    const now = subject.id.startsWith('acc_') ? await client.account(subject.id) : await client.contact(subject.id)
    setSeen(now.stage_position)
  }
  return { seen, refresh }
}

type DialogProps = { subject: Subject; acts: Acts; close: () => void }

function Accept({ subject, acts, close }: DialogProps) {
  const { seen, refresh } = useSeen(subject)
  const [note, setNote] = useState('')
  const submit = () => acts.act.mutate({ subject, quiet: true, act: 'accept', body: { note, saw_position: seen } }, { onSuccess: close, onError: (e) => isConflict(e) && void refresh() })
  return (
    <Form title={s.acceptTitle(subject.name)} go={s.accept} busy={acts.act.isPending} error={acts.act.error} close={close} submit={submit}>
      <Textarea label={s.note} description={s.acceptHint} required data-autofocus autosize minRows={2} value={note} onChange={(e) => setNote(e.currentTarget.value)} />
    </Form>
  )
}

type SeveralProps = { subjects: Subject[]; acts: Acts; close: () => void; ended?: () => void }

function Reject({ subjects, acts, close, ended = close }: SeveralProps) {
  const subject = subjects[0]!
  const alone = subjects.length === 1
  const reasons = useQuery(salesOptions).data?.reject_reasons ?? []
  const { seen, refresh } = useSeen(subject)
  const [reason, setReason] = useState('')
  const [to, setTo] = useState('')
  const [note, setNote] = useState('')
  const [missing, setMissing] = useState(false)
  const proposed = to || (alone && subject.stage === 'recycled' ? 'disqualify' : (reasons.find((r) => r.id === reason)?.to ?? ''))
  const submit = () => {
    if (!reason) return setMissing(true)
    const body = { reason, note, ...(proposed && { to: proposed as 'nurture' | 'disqualify' }) }
    if (!alone) return acts.several.mutate({ subjects, act: 'reject', body }, { onSuccess: ended })
    acts.act.mutate({ subject, quiet: true, act: 'reject', body: { ...body, saw_position: seen } }, { onSuccess: ended, onError: (e) => isConflict(e) && void refresh() })
  }
  return (
    <Form title={s.rejectTitle(alone ? subject.name : l.bulk.several(subjects.length, false))} go={s.rejectGo} danger busy={acts.act.isPending || acts.several.isPending} error={alone ? acts.act.error : acts.several.error} close={close} submit={submit}>
      <Radio.Group
        label={s.reason}
        required
        value={reason}
        onChange={(r) => {
          setReason(r)
          setMissing(false)
        }}
        error={missing && s.reasonNeeded}
      >
        <Stack gap={6} mt={6}>
          {reasons.map((r, i) => (
            <Radio key={r.id} value={r.id} label={r.label} {...(i === 0 && { 'data-autofocus': true })} />
          ))}
        </Stack>
      </Radio.Group>
      <NativeSelect label={s.then} value={proposed} onChange={(e) => setTo(e.currentTarget.value)} data={Object.entries(s.to).map(([value, label]) => ({ value, label }))} />
      <Textarea label={s.note} description={s.noteHint} autosize minRows={2} value={note} onChange={(e) => setNote(e.currentTarget.value)} />
    </Form>
  )
}

function Qualify({ subject, acts, close }: DialogProps) {
  const options = useQuery(salesOptions).data
  const { seen, refresh } = useSeen(subject)
  const [evidence, setEvidence] = useState<Record<string, string>>({})
  const [note, setNote] = useState('')
  const submit = () =>
    acts.act.mutate({ subject, quiet: true, act: 'qualify', body: { evidence, note, saw_position: seen } }, { onSuccess: close, onError: (e) => isConflict(e) && void refresh() })
  return (
    <Form title={s.qualifyTitle(subject.name)} go={subject.stage === 'sql' ? s.better : s.qualifyGo} busy={acts.act.isPending} error={acts.act.error} close={close} submit={submit}>
      <Text size="sm">{options && s.qualifyHint(options.framework)}</Text>
      {(options?.evidence ?? []).map((e, i) => (
        <Textarea
          key={e.name}
          label={inWords(e.name)}
          description={e.question}
          required
          autosize
          minRows={1}
          {...(i === 0 && { 'data-autofocus': true })}
          value={evidence[e.name] ?? ''}
          onChange={(x) => {
            const text = x.currentTarget.value
            setEvidence((old) => ({ ...old, [e.name]: text }))
          }}
        />
      ))}
      <Textarea label={s.note} autosize minRows={1} value={note} onChange={(e) => setNote(e.currentTarget.value)} />
    </Form>
  )
}

function Assign({ subjects, acts, close, ended = close }: SeveralProps) {
  const owners = useQuery(salesOptions).data?.owners ?? []
  const [owner, setOwner] = useState(subjects.length === 1 ? (subjects[0]?.owner ?? '') : '')
  const [note, setNote] = useState('')
  const list = useId()
  const submit = () => acts.assign.mutate({ subjects, owner: owner.trim(), note, quiet: true }, { onSuccess: ended })
  return (
    <Form title={s.assignTitle(subjects.length === 1 ? subjects[0]!.name : l.bulk.several(subjects.length, subjects.every((x) => x.id.startsWith('acc_'))))} go={s.assignGo} busy={acts.assign.isPending} error={acts.assign.error} close={close} submit={submit}>
      <TextInput label={s.owner} placeholder={s.nobody} list={list} data-autofocus value={owner} onChange={(e) => setOwner(e.currentTarget.value)} />
      <datalist id={list}>
        {owners.map((o) => (
          <option key={o} value={o} />
        ))}
      </datalist>
      <Textarea label={s.note} description={s.noteHint} autosize minRows={2} value={note} onChange={(e) => setNote(e.currentTarget.value)} />
    </Form>
  )
}
