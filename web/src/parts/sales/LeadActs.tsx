// On the page of one person or account: what sales can do, what it decided, and what they asked.
import { Button, Group, Kbd, Stack, Text, Title } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { questions } from '../../api/sales'
import type { Explanation } from '../../api/types'
import { t } from '../../strings'
import { s } from '../../strings.sales'
import { author, because, moment, nameOf } from '../format'
import { To } from '../Links'
import { useMay } from '../may'
import { Failed } from '../States'
import { inWords, stageName } from '../words'
import '../../sales.css'
import { LeadDialogs } from './forms'
import type { Asking } from './LeadDialogs'
import { allows, type Subject, useLeadActs } from './useActs'

type Whom = { id: string; name: string; email?: string; domain?: string; stage: Subject['stage']; stage_position: number; owner: string; reasons?: string[] | null }

/** The reasons in words, and the acts. */
export function LeadActs({ of, last }: { of: Whom; last?: string | undefined }) {
  const may = useMay()('sales')
  const acts = useLeadActs()
  const [asking, setAsking] = useState<Asking>()
  const subject: Subject = { id: of.id, name: nameOf(of), stage: of.stage, stage_position: of.stage_position, owner: of.owner }
  const ask = (a: Asking) => {
    acts.act.reset()
    acts.assign.reset()
    setAsking(a)
  }
  const accept = () => {
    if (subject.stage === 'disqualified') ask({ what: 'accept', subject })
    else acts.act.mutate({ subject, act: 'accept', body: { saw_position: subject.stage_position } })
  }
  const undoable = last !== undefined && last !== 'undo'
  const undo = () => acts.act.mutate({ subject, act: 'undo' })
  const list = [
    { key: 'a', label: s.accept, may: allows.accept(subject), go: accept },
    { key: 'q', label: `${subject.stage === 'sql' ? s.better : s.qualify}…`, may: allows.qualify(subject), go: () => ask({ what: 'qualify', subject }) },
    { key: 'r', label: `${s.reject}…`, may: allows.reject(subject), go: () => ask({ what: 'reject', subject }) },
    { key: 's', label: `${s.assign}…`, may: true, go: () => ask({ what: 'assign', subjects: [subject] }) },
    { key: 'u', label: s.undoLast, may: undoable, go: undo },
  ]
  useHotkeys(may ? list.map((x) => [x.key, () => x.may && x.go()]) : [])
  return (
    <Stack gap="xs">
      {(of.reasons ?? []).map((r) => (
        <Text key={r}>{r}.</Text>
      ))}
      {may && (
        <Group gap="xs" role="group" aria-label={s.actionsOf(subject.name)} data-noprint>
          {list
            .filter((x) => x.may)
            .map((x, i) => (
              <Button key={x.key} size="xs" variant={i === 0 && x.key !== 's' ? 'filled' : 'default'} onClick={x.go} loading={acts.act.isPending && x.key === 'a'} aria-keyshortcuts={x.key} rightSection={<Kbd size="xs" aria-hidden visibleFrom="sm">{x.key}</Kbd>}>
                {x.label}
              </Button>
            ))}
        </Group>
      )}
      <LeadDialogs asking={asking} acts={acts} close={() => setAsking(undefined)} />
    </Stack>
  )
}

/** Which act was sales' latest: "" where the last decision was the playbook's. */
export const lastAct = (x: Explanation | undefined) => x?.decisions?.at(-1)?.act || undefined

/** Decisions and owners, newest first. */
export function History({ x }: { x: Explanation }) {
  const decisions = (x.decisions ?? []).map((d) => ({ ...d, key: d.position, what: s.became(stageName(d.stage as Subject['stage'], x.of)) }))
  const owners = (x.assignments ?? []).map((a) => ({ key: a.position, at: a.at, what: s.gotOwner(a.owner), by: a.by, note: a.note, reason: '', evidence: undefined, taken_back: false }))
  const all = [...decisions, ...owners].sort((a, b) => b.key - a.key)
  return (
    <section aria-label={s.history}>
      <Title order={2}>{s.history}</Title>
      {all.length === 0 && <Text c="dimmed">{s.noHistory}</Text>}
      <ol className="decisions">
        {all.map((d) => (
          <li key={d.key} data-gone={d.taken_back || undefined}>
            <b>{d.what}</b> {d.by && s.by(author(d.by))}
            {d.taken_back && <i> · {s.takenBack}</i>}
            <Text size="sm" c="dimmed">
              <time dateTime={d.at ?? ''}>{moment(d.at)}</time>
              {d.reason && ` · ${because(d.reason)}`}
            </Text>
            {d.note && <Text size="sm" className="wrap">“{d.note}”</Text>}
            {Object.entries(d.evidence ?? {}).map(([name, text]) => (
              <Text size="sm" key={name} className="wrap">
                {inWords(name)}: {text}
              </Text>
            ))}
          </li>
        ))}
      </ol>
    </section>
  )
}

/** What their company asked that our content does not answer. */
export function Asked({ id }: { id: string }) {
  const query = useQuery(questions(id))
  return (
    <section aria-label={s.asked}>
      <Title order={2}>{s.asked}</Title>
      <Text size="sm" c="dimmed">
        {s.askedHint}
      </Text>
      {query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && query.data.length === 0 && <Text mt={6}>{s.nothingAsked}</Text>}
      <ul className="decisions">
        {(query.data ?? []).map((q) => (
          <li key={q.position}>
            <span className="wrap">“{q.text}”</span>
            <Text size="sm" c="dimmed">
              {q.contact && (
                <>
                  <To to="/contacts/$id" params={{ id: q.contact.id }} search={{}}>
                    {q.contact.name || q.contact.id}
                  </To>{' '}
                </>
              )}
              {q.kind === 'searched' ? s.searched : s.said} · {q.event || t.unknown} {q.place} · {moment(q.at)}
            </Text>
          </li>
        ))}
      </ul>
    </section>
  )
}
