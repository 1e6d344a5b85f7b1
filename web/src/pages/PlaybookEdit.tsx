// The playbook as forms and as text, side by side: one document, judged while it is typed.
import { Alert, Button, FileButton, Group, Menu, NativeSelect, Skeleton, Stack, Text as Words, Title } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { applyPatch, createPatch } from 'diff'
import { useEffect, useRef, useState } from 'react'
import { client } from '../api/client'
import { playbook, presets, rulings, session } from '../api/queries'
import type { Playbook, PlaybookProblem } from '../api/types'
import { ago, author, count } from '../parts/format'
import { useMay } from '../parts/may'
import { Failed, messageOf } from '../parts/States'
import { lineOf, NotHere, read } from '../playbook/edit'
import type { Path } from '../playbook/path'
import { focusField, Forms } from '../playbook/Forms'
import { Meaning, TextDiff } from '../playbook/Diffs'
import { PlanView } from '../playbook/PlanView'
import { partOf, parts } from '../playbook/shapes'
import { drafts, useOtherTab, useSteps } from '../playbook/state'
import { Text } from '../playbook/Text'
import { t } from '../strings'
import { p } from '../strings.playbook'
import { PlaybookTabs } from './PlaybookTabs'
import { save } from '../playbook/save'

export function PlaybookEdit() {
  const now = useQuery(playbook(''))
  const who = useQuery({ ...session, enabled: false }).data
  const first = useRef<Playbook>(undefined)
  if (!first.current && now.data) first.current = now.data // what others apply meanwhile is told, not put under somebody's hands
  if (!first.current || !now.data || !who)
    return (
      <PlaybookTabs at="/playbook/edit" sentence={undefined}>
        {now.isError ? <Failed error={now.error} retry={() => void now.refetch()} /> : <Skeleton height={480} />}
      </PlaybookTabs>
    )
  return <Editor begin={first.current} ruling={now.data} asking={now.isFetching} user={who.user.id} />
}

const say = (message: string) => notifications.show({ message, closeButtonProps: { 'aria-label': t.close } })

function Editor({ begin, ruling, asking, user }: { begin: Playbook; ruling: Playbook; asking: boolean; user: string }) {
  const mayEdit = useMay()('playbook')
  const queries = useQueryClient()
  const [base, setBase] = useState({ version: begin.version, source: begin.source })
  const [kept] = useState(() => (mayEdit ? drafts.of(user, begin.version) : undefined))
  const [steps, go] = useSteps(kept?.text ?? begin.source)
  const { text } = steps
  const [part, setPart] = useState('icp')
  const [goTo, setGoTo] = useState<{ line: number; column?: number; focus: boolean; key: number }>()
  const [restored, setRestored] = useState(!!kept && kept.text !== begin.source)
  const [old, setOld] = useState(() => (mayEdit ? drafts.others(user, begin.version)[0] : undefined))
  const [other, heard] = useOtherTab(user, base.version)
  const [refused, setRefused] = useState(false)
  const check = useCheck(text)
  const r = read(text)
  const good = useRef<unknown>(undefined)
  if (!r.problem) good.current = r.value
  const problems = check.data?.problems ?? []
  const stale = ruling.version !== base.version && !asking
  const told = check.current ? check.data?.ruling : undefined
  useEffect(() => {
    if (told === undefined || told === ruling.version) return
    void queries.invalidateQueries({ queryKey: ['playbook'] })
    void queries.invalidateQueries({ queryKey: rulings.queryKey })
  }, [told, ruling.version, queries])
  useEffect(() => {
    if (!mayEdit) return
    if (text === base.source) drafts.drop(user, base.version)
    else drafts.keep(user, base.version, text)
  }, [text, base, user, mayEdit])
  const put = (next: string) => go({ do: 'put', text: next, at: Date.now() })
  useOpened(put)
  const change = (how: string, edit: (text: string) => string) => {
    try {
      go({ do: 'type', text: edit(text), at: Date.now(), how })
    } catch (e) {
      if (!(e instanceof NotHere)) throw e
      say(p.notHere)
    }
  }
  const rebase = (next: string) => {
    drafts.drop(user, base.version)
    setRefused(false)
    setBase({ version: ruling.version, source: ruling.source })
    put(next)
    void check.refetch()
  }
  const look = (path: Path) => setGoTo({ line: lineOf(r, path), focus: false, key: Date.now() })
  const errors = problems.filter((x) => x.severity === 'error').length
  const changes = check.data?.changes ?? []
  return (
    <PlaybookTabs at="/playbook/edit" sentence={!mayEdit ? p.readOnly : errors > 0 ? p.broken(errors) : check.data || text === base.source ? p.editSentence(text === base.source ? 0 : changes.length) : undefined}>
      <Stack gap="md">
        {mayEdit && <Bar steps={steps} go={go} put={put} text={text} ruling={ruling} />}
        {restored && <Notice text={p.draft(ago(kept!.at))} yes={p.dropDraft} go={() => (put(base.source), setRestored(false))} no={p.close} close={() => setRestored(false)} />}
        {old && (
          <Notice
            text={p.oldDraft(old.base.slice(0, 12), ago(old.at))}
            yes={p.openDraft}
            go={() => {
              void client.playbook(old.base).then(
                (b) => {
                  setBase({ version: b.version, source: b.source })
                  put(old.text)
                  setOld(undefined)
                },
                (e: unknown) => say(messageOf(e)),
              )
            }}
            no={p.dropDraft}
            close={() => (drafts.drop(user, old.base), setOld(undefined))}
          />
        )}
        {other && <Notice text={p.otherTab} yes={p.takeOther} go={() => (put(other.text), heard())} no={p.keepMine} close={() => (drafts.keep(user, base.version, text), heard())} />}
        {stale && <Stale base={base.source} ruling={ruling} text={text} rebase={rebase} refused={refused} />}
        <div className="pb-two">
          <section aria-label={p.forms}>
            <NativeSelect label={p.section} size="xs" value={part} onChange={(e) => setPart(e.currentTarget.value)} data={Object.keys(parts).map((value) => ({ value, label: p.sections[value]! }))} mb="md" />
            <Title order={2} mb="xs">
              {p.sections[part]}
            </Title>
            {r.problem && (
              <Words className="bad" mb="sm" role="status">
                {p.formsWait(r.problem.line)}
              </Words>
            )}
            <Forms part={part} value={r.problem ? good.current : r.value} problems={problems} readOnly={!mayEdit || !!r.problem} change={change} look={look} />
          </section>
          <section aria-label={p.text} className="pb-side">
            <Text text={text} readOnly={!mayEdit} problems={problems} goTo={goTo} type={(next) => go({ do: 'type', text: next, at: Date.now(), how: 'text' })} undo={() => go({ do: 'undo' })} redo={() => go({ do: 'redo' })} />
            <Problems
              problems={problems}
              checking={check.isFetching}
              failed={check.isError ? check.error : undefined}
              toLine={(x) => setGoTo({ line: x.line, column: x.column, focus: true, key: Date.now() })}
              toField={(x) => {
                setPart(partOf(x.path ?? ''))
                setTimeout(() => focusField(x.path ?? ''), 60)
              }}
            />
          </section>
        </div>
        {mayEdit && (
          <PlanView
            text={text}
            base={base.version}
            before={base.source}
            ready={check.current && !!check.data?.valid && text !== base.source && !stale}
            mayApply
            conflict={() => {
              setRefused(true)
              void queries.invalidateQueries()
            }}
            applied={(version) => {
              drafts.drop(user, base.version)
              setBase({ version, source: text })
              setRestored(false)
            }}
          />
        )}
        {mayEdit && text === base.source && <Words c="dimmed">{p.nothingToPlan}</Words>}
      </Stack>
    </PlaybookTabs>
  )
}

/** Asks the server for the problems of a text when the typing rests. */
function useCheck(text: string) {
  const [settled] = useDebouncedValue(text, 350)
  const q = useQuery({ queryKey: ['playbook-check', settled], queryFn: ({ signal }) => client.checkPlaybook(settled, signal), placeholderData: (last) => last, gcTime: 60_000 })
  return { ...q, current: settled === text && !q.isPlaceholderData && !q.isFetching }
}

/** Puts into the editor what the address asks for: an earlier version. The address forgets it, so that a reload keeps what was typed. */
function useOpened(put: (text: string) => void) {
  const { from } = useSearch({ strict: false }) as { from?: string }
  const navigate = useNavigate()
  const taken = useRef<string>(undefined)
  useEffect(() => {
    if (!from || taken.current === from) return
    taken.current = from
    client.playbook(from).then(
      (b) => {
        put(b.source)
        say(p.putBack(b.version.slice(0, 12)))
      },
      (e: unknown) => say(messageOf(e)),
    ).finally(() => void navigate({ to: '/playbook/edit', search: {}, replace: true }))
  }, [from, navigate, put])
}

function Notice({ text, yes, go, no, close }: { text: string; yes: string; go: () => void; no: string; close: () => void }) {
  return (
    <Alert variant="outline" color="blue" role="status">
      <Group justify="space-between">
        <Words>{text}</Words>
        <Group gap="xs">
          <Button size="xs" variant="default" onClick={go}>
            {yes}
          </Button>
          <Button size="xs" variant="default" onClick={close}>
            {no}
          </Button>
        </Group>
      </Group>
    </Alert>
  )
}

// refused: an apply was, so whoever sent it from further down is brought here.
function Stale({ base, ruling, text, rebase, refused }: { base: string; ruling: Playbook; text: string; rebase: (text: string) => void; refused: boolean }) {
  const last = useQuery(rulings).data?.[0]
  const [clash, setClash] = useState(false)
  const alert = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!refused) return
    alert.current?.focus({ preventScroll: true })
    alert.current?.scrollIntoView({ block: 'center' })
  }, [refused])
  const [shown, setShown] = useState(false)
  const diff = useQuery({ queryKey: ['playbook-check', text], queryFn: ({ signal }) => client.checkPlaybook(text, signal), enabled: shown })
  const bring = () => {
    const merged = applyPatch(ruling.source, createPatch('playbook', base, text), { fuzzFactor: 2 })
    if (merged === false) setClash(true)
    else {
      rebase(merged)
      say(p.brought)
    }
  }
  return (
    <Alert ref={alert} tabIndex={-1} variant="outline" color="red" role="alert" title={p.stale(author(last?.applied_by ?? ''), ago(last?.applied_at), last?.note ?? '')} styles={{ title: { color: 'var(--millrace-bad)' } }}>
      <Stack gap="sm" align="flex-start">
        <Words>{[refused && p.refused, clash ? p.clash : p.staleHint].filter(Boolean).join(' ')}</Words>
        <Group gap="xs">
          <Button size="xs" disabled={clash} onClick={bring}>
            {p.bring}
          </Button>
          <Button size="xs" variant="default" aria-expanded={shown} onClick={() => setShown(!shown)}>
            {p.meaning}
          </Button>
          <Button size="xs" variant="default" onClick={() => rebase(text)}>
            {p.keep}
          </Button>
        </Group>
        {shown && <Meaning changes={diff.data?.changes ?? []} />}
        {shown && <TextDiff before={ruling.source} after={text} />}
      </Stack>
    </Alert>
  )
}

type Bar = { steps: { past: readonly string[]; future: readonly string[] }; go: (m: { do: 'undo' } | { do: 'redo' }) => void; put: (text: string) => void; text: string; ruling: Playbook }

function Bar({ steps, go, put, text, ruling }: Bar) {
  const all = useQuery(presets).data ?? []
  const open = (file: File | null) => {
    if (!file) return
    if (file.size > 1 << 20) return say(p.tooLarge)
    void file.text().then((words) => {
      put(words)
      say(p.uploadWas(file.name))
    })
  }
  const start = (name: string, title: string) =>
    client.preset(name).then(
      (b) => {
        put(b.source)
        say(p.presetWas(title))
      },
      (e: unknown) => say(messageOf(e)),
    )
  return (
    <Group gap="xs">
      <Button size="xs" variant="default" disabled={steps.past.length === 0} onClick={() => go({ do: 'undo' })}>
        {p.undo}
      </Button>
      <Button size="xs" variant="default" disabled={steps.future.length === 0} onClick={() => go({ do: 'redo' })}>
        {p.redo}
      </Button>
      <Menu position="bottom-start" width={320}>
        <Menu.Target>
          <Button size="xs" variant="default">
            {p.preset}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {all.map((x) => (
            <Menu.Item key={x.name} onClick={() => void start(x.name, x.title)}>
              {x.title}
              <Words size="xs" c="dimmed">
                {x.description}
              </Words>
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <FileButton onChange={open} accept=".yaml,.yml,application/yaml,text/yaml">
        {(props) => (
          <Button size="xs" variant="default" {...props}>
            {p.upload}
          </Button>
        )}
      </FileButton>
      <Button size="xs" variant="default" onClick={() => save('playbook.yaml', text)}>
        {p.download}
      </Button>
      <Button
        size="xs"
        variant="default"
        disabled={text === ruling.source}
        onClick={() => {
          put(ruling.source)
          say(p.discarded)
        }}
      >
        {p.discard}
      </Button>
    </Group>
  )
}

function Problems({ problems, checking, failed, toLine, toField }: { problems: readonly PlaybookProblem[]; checking: boolean; failed: unknown; toLine: (x: PlaybookProblem) => void; toField: (x: PlaybookProblem) => void }) {
  return (
    <section aria-label={p.problems}>
      <Title order={3} mt="sm">
        {p.problems}
        {problems.length > 0 && ` (${count(problems.length)})`}
      </Title>
      <Words size="sm" c="dimmed" role="status">
        {failed ? messageOf(failed) : checking ? p.checking : problems.length === 0 ? p.noProblems : ''}
      </Words>
      <Stack component="ul" gap={4} m={0} p={0} className="pb-problems">
        {problems.slice(0, 50).map((x, i) => (
          <li key={i}>
            <Button size="compact-xs" variant="subtle" disabled={x.line === 0} onClick={() => toLine(x)}>
              {p.line(x.line)}
            </Button>{' '}
            <span className={x.severity === 'error' ? 'bad' : 'warn'}>{p.severity[x.severity]}</span> <span className="wrap">{[x.path, x.message].filter(Boolean).join(': ')}{x.suggestion ? ` (${x.suggestion})` : ''}</span>{' '}
            {x.path && (
              <Button size="compact-xs" variant="subtle" onClick={() => toField(x)}>
                {p.toField}
              </Button>
            )}
          </li>
        ))}
      </Stack>
    </section>
  )
}
