// What sales does with a lead: shown at once, taken back when the server refuses, and undone from the notice.
import { Button, Group, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { client } from '../../api/client'
import { looksAgain } from '../../api/sales'
import type { Acts, Contact, Page, Stage } from '../../api/types'
import { t } from '../../strings'
import { l } from '../../strings.lists'
import { s } from '../../strings.sales'
import { isConflict, messageOf } from '../States'

/** Whom an act is about: a contact or an account, as the form showed it. */
export type Subject = { id: string; name: string; stage: Stage; stage_position: number; owner: string }

export type Act = { act: 'accept'; body: Acts['accept'] } | { act: 'reject'; body: Acts['reject'] } | { act: 'qualify'; body: Acts['qualify'] } | { act: 'undo' }

const stageAfter: Record<Act['act'], Stage | undefined> = { accept: 'accepted', reject: undefined, qualify: 'sql', undo: undefined }

/** Which acts a stage allows; the server judges again. */
export const allows = {
  accept: (x: Subject) => ['lead', 'mql', 'recycled', 'disqualified'].includes(x.stage),
  reject: (x: Subject) => ['lead', 'mql', 'accepted', 'sql', 'recycled'].includes(x.stage),
  qualify: (x: Subject) => ['accepted', 'sql'].includes(x.stage),
}

/** Whether the server refused because somebody else was faster. */

type Snapshot = [readonly unknown[], Page<Contact> | undefined][]

// Writes what is expected into every list of leads that is shown, and gives what stood there.
async function expect(queries: QueryClient, ids: string[], change: Partial<Contact>): Promise<Snapshot> {
  await queries.cancelQueries({ queryKey: ['list', 'leads'] })
  const before = queries.getQueriesData<Page<Contact>>({ queryKey: ['list', 'leads'] })
  queries.setQueriesData<Page<Contact>>({ queryKey: ['list', 'leads'] }, (p) => p && { ...p, data: p.data.map((c) => (ids.includes(c.id) ? { ...c, ...change } : c)) })
  return before
}

const backTo = (queries: QueryClient, before: Snapshot | undefined) => before?.forEach(([key, data]) => queries.setQueryData(key, data))

function tell(message: string, undo?: () => void) {
  const id = `act-${Date.now()}`
  notifications.show({
    id,
    autoClose: 10_000,
    withCloseButton: true,
    closeButtonProps: { 'aria-label': t.close },
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{message}</Text>
        {undo && (
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => {
              notifications.hide(id)
              undo()
            }}
          >
            {s.undo}
          </Button>
        )}
      </Group>
    ),
  })
}

const complain = (error: unknown) =>
  notifications.show({ title: isConflict(error) ? s.faster : undefined, message: messageOf(error), color: 'red', autoClose: 10_000, closeButtonProps: { 'aria-label': t.close } })

/** What is done with several at once. */
type Several = { act: 'accept' } | { act: 'reject'; body: Acts['reject'] } | { act: 'undo' }

const severally = (subjects: readonly Subject[]) => l.bulk.several(subjects.length, subjects.every((x) => x.id.startsWith('acc_')))

const complainOfSome = (refused: readonly unknown[]) => notifications.show({ message: l.bulk.left(refused.length, messageOf(refused[0])), color: 'red', autoClose: 10_000, closeButtonProps: { 'aria-label': t.close } })

/** Does the same with each, four at a time: the server judges each alone, so some may be refused. */
export async function eachOf<T>(all: readonly T[], act: (x: T) => Promise<unknown>): Promise<{ done: T[]; refused: unknown[] }> {
  const outcome: ({ ok: true } | { ok: false; why: unknown })[] = []
  const left = all.map((x, i) => ({ x, i }))
  const work = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const { x, i } = next
      outcome[i] = await act(x).then(() => ({ ok: true as const }), (why: unknown) => ({ ok: false as const, why }))
    }
  }
  await Promise.all([work(), work(), work(), work()])
  return { done: all.filter((_, i) => outcome[i]!.ok), refused: outcome.flatMap((o) => (o.ok ? [] : [o.why])) }
}

/** The acts on leads. quiet leaves telling a refusal to the form that asked. */
export function useLeadActs() {
  const queries = useQueryClient()
  const last = useRef<(() => void) | undefined>(undefined)
  const act = useMutation({
    mutationFn: ({ subject, ...a }: { subject: Subject; quiet?: boolean } & Act) => {
      switch (a.act) {
        case 'accept':
          return client.acceptLead(subject.id, a.body)
        case 'reject':
          return client.rejectLead(subject.id, a.body)
        case 'qualify':
          return client.qualifyLead(subject.id, a.body)
        case 'undo':
          return client.undoLead(subject.id)
      }
    },
    onMutate: ({ subject, act }) => (stageAfter[act] ? expect(queries, [subject.id], { stage: stageAfter[act] }) : undefined),
    onSuccess: (_, { subject, act: did }) => {
      const undo = () => act.mutate({ subject, act: 'undo' })
      last.current = did === 'undo' ? undefined : undo
      tell(s.did[did](subject.name), last.current)
    },
    onError: (error, { quiet }, before) => {
      backTo(queries, before)
      if (!quiet) complain(error)
    },
    onSettled: () => looksAgain(queries),
  })
  const assign = useMutation({
    mutationFn: ({ subjects, owner, note = '' }: { subjects: Subject[]; owner: string; note?: string; quiet?: boolean }) => client.assignLeads(subjects.map((x) => x.id), owner, note),
    onMutate: ({ subjects, owner }) => expect(queries, subjects.map((x) => x.id), { owner }),
    onSuccess: (_, { subjects, owner }) => {
      const undo = () => ownersBack.mutate({ subjects, owner })
      last.current = undo
      tell(subjects.length === 1 ? s.did.assign(subjects[0]!.name, owner) : l.bulk.belong(severally(subjects), owner), undo)
    },
    onError: (error, { quiet }, before) => {
      backTo(queries, before)
      if (!quiet) complain(error)
    },
    onSettled: () => looksAgain(queries),
  })
  // Each goes back to whom it was with. Somebody else may have given one away since: that one is refused, and told of.
  const ownersBack = useMutation({
    mutationFn: ({ subjects, owner }: { subjects: Subject[]; owner: string }) => eachOf(subjects.filter((x) => x.owner !== owner), (x) => client.assignLead(x.id, { owner: x.owner, saw_owner: owner })),
    onSuccess: ({ refused }) => (refused.length > 0 ? complainOfSome(refused) : tell(l.bulk.ownersBack)),
    onSettled: () => looksAgain(queries),
  })
  const several = useMutation({
    mutationFn: ({ subjects, ...a }: { subjects: Subject[] } & Several) =>
      eachOf(subjects, (x) => {
        if (a.act === 'undo') return client.undoLead(x.id)
        return a.act === 'accept' ? client.acceptLead(x.id, { saw_position: x.stage_position }) : client.rejectLead(x.id, { ...a.body, saw_position: x.stage_position })
      }),
    onSuccess: ({ done, refused }, { act: did }) => {
      const undo = did === 'undo' ? undefined : () => several.mutate({ subjects: done, act: 'undo' })
      last.current = undo
      if (done.length > 0) tell({ accept: l.bulk.accepted, reject: l.bulk.rejected, undo: l.bulk.undone }[did](done.length), undo)
      if (refused.length > 0) complainOfSome(refused)
    },
    onSettled: () => looksAgain(queries),
  })
  const undoLast = () => {
    const undo = last.current
    last.current = undefined
    undo?.()
  }
  return { act, assign, several, undoLast }
}
