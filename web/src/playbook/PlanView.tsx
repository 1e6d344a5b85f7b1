// What a text would change, worked out by the server before anybody applies it; then the question why, and the switch.
import { Alert, Button, Group, Loader, Stack, Table, Text, Textarea, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ApiError, client } from '../api/client'
import type { Plan, PlanChange } from '../api/types'
import { Dialog } from '../parts/Dialogs'
import { nameOf, points } from '../parts/format'
import { To } from '../parts/Links'
import { Failed, messageOf } from '../parts/States'
import { t } from '../strings'
import { p } from '../strings.playbook'
import { Meaning, TextDiff } from './Diffs'
import { plans, usePlanning, useSeconds } from './state'

type Props = { text: string; base: string; before: string; ready: boolean; mayApply: boolean; applied: (version: string) => void; conflict: () => void }

export function PlanView({ text, base, before, ready, mayApply, applied, conflict }: Props) {
  const planning = usePlanning()
  const [asked, setAsked] = useState(false)
  const [note, setNote] = useState('') // outlives its dialog: a refusal leads back to the editor
  const running = planning && !planning.plan && !planning.error
  const seconds = useSeconds(running ? planning.since : undefined)
  const fresh = planning?.text === text && planning.plan?.ruling === base
  return (
    <section aria-label={p.plan}>
      <Group justify="space-between" mb="xs">
        <Title order={2}>{p.plan}</Title>
        <Group gap="xs">
          <Button size="xs" variant={fresh ? 'default' : 'filled'} disabled={!ready || running} onClick={() => void plans.run(text)}>
            {planning?.plan ? p.planAgain : p.plan}
          </Button>
          {mayApply && (
            <Button size="xs" disabled={!fresh || !ready} onClick={() => setAsked(true)} title={fresh ? undefined : p.planFirst}>
              {p.apply}
            </Button>
          )}
        </Group>
      </Group>
      <Stack gap="md" aria-live="polite">
        {running && (
          <Group wrap="nowrap">
            <Loader size="xs" />
            <Text size="sm">{p.planning(seconds)}</Text>
            <Button size="compact-xs" variant="default" onClick={plans.forget}>
              {p.planStop}
            </Button>
          </Group>
        )}
        {planning?.error ? <Failed error={planning.error} title={p.planFailed} retry={() => void plans.run(text)} /> : null}
        {planning?.plan && planning.text !== text && <Text c="dimmed">{p.planOld}</Text>}
        {planning?.plan && <Effect plan={planning.plan} />}
        {planning?.plan && (
          <>
            <Meaning changes={planning.plan.changes ?? []} />
            <details>
              <summary>{p.textDiff}</summary>
              <TextDiff before={before} after={planning.text} />
            </details>
          </>
        )}
      </Stack>
      {asked && <Apply text={text} base={base} note={note} setNote={setNote} close={() => setAsked(false)} applied={(v) => (setNote(''), applied(v))} conflict={conflict} />}
    </section>
  )
}

function Effect({ plan }: { plan: Plan }) {
  const { contacts: c, accounts: a } = plan
  const n = (list: readonly unknown[] | null) => list?.length ?? 0
  return (
    <Stack gap="sm">
      <Text fw={600} role="status">{p.effect(n(c.enter), n(c.leave), n(a.enter), n(a.leave))}</Text>
      <Text size="sm" c="dimmed">
        {p.effectNow('MQL', c.now, c.after, c.fit_now, c.fit_after, c.evaluated)} {p.effectNow(t.mqa, a.now, a.after, a.fit_now, a.fit_after, a.evaluated)}
      </Text>
      <Movers title={p.lists.enterC} rows={c.enter} of="contacts" />
      <Movers title={p.lists.leaveC} rows={c.leave} of="contacts" />
      <Movers title={p.lists.enterA} rows={a.enter} of="accounts" />
      <Movers title={p.lists.leaveA} rows={a.leave} of="accounts" />
    </Stack>
  )
}

const few = 8
const stands = (fit: boolean, grade: string, intent: string) => [fit ? grade : p.noFit, points(intent)].filter(Boolean).join(', ')

function Movers({ title, rows, of }: { title: string; rows: readonly PlanChange[] | null; of: 'contacts' | 'accounts' }) {
  const [all, setAll] = useState(false)
  if (!rows?.length) return null
  return (
    <section aria-label={title}>
      <Title order={3}>{title}</Title>
      <div className="scroll">
        <Table className="table" verticalSpacing={4} horizontalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{p.who}</Table.Th>
              <Table.Th>{p.before}</Table.Th>
              <Table.Th>{p.after}</Table.Th>
              <Table.Th>{p.why}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {(all ? rows : rows.slice(0, few)).map((r) => (
              <Table.Tr key={r.id}>
                <Table.Td className="wrap">
                  <To to={`/${of}/$id` as '/contacts/$id'} params={{ id: r.id }} search={{}}>
                    {nameOf(r)}
                  </To>
                </Table.Td>
                <Table.Td className="whole">{stands(r.fit_before, r.grade_before, r.intent_before)}</Table.Td>
                <Table.Td className="whole">{[r.grade, points(r.intent)].filter(Boolean).join(', ')}</Table.Td>
                <Table.Td className="wrap">{r.reason}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      {!all && rows.length > few && (
        <Button size="compact-xs" variant="subtle" onClick={() => setAll(true)}>
          {p.showAll(rows.length)}
        </Button>
      )}
    </section>
  )
}

function Apply({ text, base, note, setNote, close, applied, conflict }: { text: string; base: string; note: string; setNote: (note: string) => void; close: () => void; applied: (version: string) => void; conflict: () => void }) {
  const [bare, setBare] = useState(false)
  const queries = useQueryClient()
  const run = useMutation({
    mutationFn: () => client.applyPlaybook(text, base, note.trim()),
    onSuccess: async (done) => {
      notifications.show({ message: done.changed ? p.applied(done.refolded) : p.appliedSame, closeButtonProps: { 'aria-label': t.close } })
      plans.forget()
      applied(done.version)
      close()
      await queries.invalidateQueries()
    },
    onError: (error) => {
      if (!(error instanceof ApiError) || error.status !== 409) return
      conflict()
      close()
    },
  })
  const send = (e: FormEvent) => {
    e.preventDefault()
    setBare(!note.trim())
    if (note.trim()) run.mutate()
  }
  return (
    <Dialog title={p.applyTitle} opened close={close}>
      <form onSubmit={send} noValidate>
        <Stack>
          <Text>{p.applyHint}</Text>
          <Textarea label={p.note} description={p.noteHint} value={note} maxLength={2000} autosize={false} rows={3} required data-autofocus onChange={(e) => setNote(e.currentTarget.value)} error={bare && !note.trim() ? p.noteNeeded : undefined} />
          {run.isPending && <Text size="sm">{p.applying}</Text>}
          {run.isError && (
            <Alert color="red" variant="outline" role="alert">
              {messageOf(run.error)}
            </Alert>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t.cancel}
            </Button>
            <Button type="submit" loading={run.isPending}>
              {p.apply}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}
