// The state of campaign tags: what is wrong with them, how they should be, and corrections, which act on all visits and can be taken back.
import { Button, Skeleton, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useDeferredValue, useState } from 'react'
import { client } from '../../api/client'
import { type Finding, measurement, retags, type Retag } from '../../api/measure'
import type { RetagRule } from '../../api/types'
import { m } from '../../strings.measure'
import { count, day } from '../format'
import { Confirm } from '../Dialogs'
import { useMay } from '../may'
import { Failed } from '../States'
import { Sheet, type SheetColumn } from './Sheet'
import { useSpan } from './span'

const tagsOf = (x: { source: string; medium: string; campaign: string }) => [x.source, x.medium, x.campaign].map((v) => v || m.none).join(' / ')

export function Tags() {
  const { params } = useSpan()
  const query = useQuery(measurement('hygiene', params))
  const measured = useDeferredValue(query.data)
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />
  if (!measured) return <Skeleton height={300} />
  const found = measured.report ?? []
  const warnings = found.filter((f) => f.severity === 'warning').length
  const suggested = (f: Finding) => (f.suggest.source || f.suggest.medium || f.suggest.campaign ? tagsOf(f.suggest) : m.channels.away)
  const problem = (f: Finding) => m.channels.problems[f.problem] ?? f.problem
  const columns: SheetColumn<Finding>[] = [
    {
      key: 'problem',
      head: m.channels.problem,
      cell: (f) => (
        <span className="name">
          {problem(f)}
          <span className={f.severity === 'warning' ? 'two warn' : 'two'}>{m.channels.severities[f.severity] ?? f.severity}</span>
        </span>
      ),
      csv: [{ head: m.channels.problem, of: problem }, { head: m.channels.severities.warning!, of: (f) => (f.severity === 'warning' ? 1 : 0) }],
      sort: problem,
    },
    { key: 'visits', head: m.channels.visits, figure: true, cell: (f) => count(f.usage.count), csv: (f) => f.usage.count, sort: (f) => f.usage.count },
    {
      key: 'as',
      head: m.channels.as,
      cell: (f) => (
        <span className="name">
          {tagsOf(f.usage)}
          <span className="two">{f.group}</span>
        </span>
      ),
      csv: (f) => tagsOf(f.usage),
    },
    {
      key: 'should',
      head: m.channels.should,
      cell: (f) => (
        <span className="name">
          {suggested(f)}
          <span className="two">{f.then}</span>
        </span>
      ),
      csv: suggested,
    },
    {
      key: 'what',
      head: m.channels.what,
      cell: (f) => (
        <span className="words">
          {f.what} {f.fix} {f.retag && <Correct rule={f.retag} what={problem(f)} />}
        </span>
      ),
      csv: [{ head: m.channels.what, of: (f) => f.what }, { head: m.channels.fix, of: (f) => f.fix }],
    },
  ]
  if (found.length === 0) {
    return (
      <section aria-label={m.channels.hygiene}>
        <Title order={2}>{m.channels.hygiene}</Title>
        <p className="hint">{m.channels.hygieneNone}</p>
        <Corrections />
      </section>
    )
  }
  return (
    <div>
      <Sheet id="tags" term="hygiene" title={m.channels.hygiene} hint={m.channels.hygieneSentence(warnings, found.length - warnings)} columns={columns} rows={found} rowKey={(f, i) => `${f.problem}${i}`} old={query.isPlaceholderData} />
      <Corrections />
    </div>
  )
}


const ruleText = (x: { source?: string; medium?: string; campaign?: string }) => [x.source, x.medium, x.campaign].map((v) => v || m.retag.any).join(' / ')
const setText = (r: RetagRule) => ruleText({ source: r.set.source || r.match.source, medium: r.set.medium || r.match.medium, campaign: r.set.campaign || r.match.campaign })

// A correction changes all figures: it is asked for once more, with what it does.
function useCorrecting(done: string, close: () => void) {
  const queries = useQueryClient()
  return {
    onSuccess: async () => {
      close()
      notifications.show({ message: done })
      await Promise.all([queries.invalidateQueries({ queryKey: ['measure'] }), queries.invalidateQueries({ queryKey: retags.queryKey })])
    },
  }
}

/** The button that corrects tags as a finding suggests; nothing to those who may not. */
export function Correct({ rule, what }: { rule: RetagRule; what: string }) {
  const may = useMay()
  const [asking, ask] = useState(false)
  const go = useMutation({ mutationFn: () => client.retag({ match: rule.match, set: rule.set }), ...useCorrecting(m.retag.done, () => ask(false)) })
  if (!may('write')) return null
  return (
    <>
      <Button size="compact-xs" variant="default" onClick={() => ask(true)} aria-label={m.retag.correctOf(`${what}: ${ruleText(rule.match)}`)} data-noprint>
        {m.retag.correct}
      </Button>
      <Confirm
        title={m.retag.title}
        hint={`${m.retag.hint} ${m.retag.from}: ${ruleText(rule.match)}. ${m.retag.to}: ${setText(rule)}.`}
        yes={m.retag.go}
        opened={asking}
        close={() => ask(false)}
        busy={go.isPending}
        error={go.error}
        go={() => go.mutate()}
      />
    </>
  )
}

function Corrections() {
  const list = useQuery(retags).data ?? []
  if (list.length === 0) return null
  return (
    <section aria-label={m.retag.list}>
      <Title order={3} mt="md">
        {m.retag.list}
      </Title>
      <ul className="sentences">
        {list.map((r) => (
          <Correction key={r.id} r={r} />
        ))}
      </ul>
    </section>
  )
}

function Correction({ r }: { r: Retag }) {
  const may = useMay()
  const [asking, ask] = useState(false)
  const undo = useMutation({ mutationFn: () => client.undoRetag(r.id), ...useCorrecting(m.retag.undone, () => ask(false)) })
  return (
    <li>
      {ruleText(r.match)} → {setText(r)}{' '}
      <Text span c="dimmed" size="sm">
        {[day(r.at), r.by, r.undone_at ? m.retag.wasUndone : m.retag.changes(r.visits)].filter(Boolean).join(' · ')}
      </Text>{' '}
      {!r.undone_at && may('write') && (
        <Button size="compact-xs" variant="subtle" onClick={() => ask(true)} aria-label={m.retag.undoOf(r.id)} data-noprint>
          {m.retag.undo}
        </Button>
      )}
      <Confirm title={m.retag.undoTitle} hint={m.retag.undoHint} yes={m.retag.undo} opened={asking} close={() => ask(false)} busy={undo.isPending} error={undo.error} go={() => undo.mutate()} />
    </li>
  )
}
