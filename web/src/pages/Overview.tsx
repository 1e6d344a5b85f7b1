// What somebody asks in the morning: what needs me, how does it stand, where is it going, what is new.
import { Group, Skeleton, Stack, Table, Text, Title, VisuallyHidden } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useDeferredValue } from 'react'
import { overview, stats } from '../api/queries'
import type { Contact, Overview as Seen, Stats } from '../api/types'
import { Banded } from '../parts/Banded'
import { compact, count, day, money, nameOf, points } from '../parts/format'
import { lasting } from '../parts/lasting'
import { To } from '../parts/Links'
import { Empty, Failed, Lead } from '../parts/States'
import { Term } from '../parts/Term'
import { useWhy } from '../parts/useWhy'
import { Weeks } from '../parts/Weeks'
import { GradeWord, stageName } from '../parts/words'
import { t } from '../strings'
import { f } from '../strings.frame'
import type { TermName } from '../terms'
import { AccountLink, ContactLink } from './columns'
import { Ways } from '../parts/Ways'

export function Overview() {
  const query = useQuery({ ...overview, refetchInterval: 15_000 })
  const figures = useQuery({ ...stats, refetchInterval: 15_000 })
  const o = useDeferredValue(query.data) // drawn a few milliseconds at a time
  const s = useDeferredValue(figures.data)
  const failed = query.isError && !o ? query : figures.isError && !s ? figures : undefined
  return (
    <Stack gap="xl">
      <Lead title={t.overview.title} sentence={o && sentenceOf(o)} />
      {failed && <Failed error={failed.error} retry={() => void failed.refetch()} />}
      {!failed && !(o && s) && <Skeleton height={320} />}
      {o && s && (s.events === 0 && s.accounts === 0 ? <Nothing /> : <Morning o={o} s={s} />)}
    </Stack>
  )
}

/** The page's answer: who waits, how long at most, what else is due. */
export function sentenceOf(o: Seen): string {
  const longest = o.waiting.data[0]
  return f.overview.sentence(o.waiting.total, longest ? lasting(longest.stage_at, new Date(o.at ?? '').getTime()) : '', o.woken.length, o.overdue.total)
}

function Morning({ o, s }: { o: Seen; s: Stats }) {
  return (
    <>
      <Needs o={o} />
      <Changes o={o} />
      <div className="columns even">
        <Standing o={o} s={s} />
        <section aria-label={f.overview.trend}>
          <Title order={2}>
            <Term name="weekly">{f.overview.trend}</Term>
          </Title>
          <Text c="dimmed" size="sm" mb="xs">
            {f.overview.trendHint(o.weeks.length)}
          </Text>
          <Weeks weeks={o.weeks} />
        </section>
      </div>
      <Data s={s} />
    </>
  )
}

function Nothing() {
  return (
    <Empty
      title={t.overview.empty}
      action={
        <Ways to={['import', 'snippet', 'playbook']} docs="start" />
      }
    />
  )
}

function Needs({ o }: { o: Seen }) {
  const now = new Date(o.at ?? '').getTime()
  const nothing = o.waiting.total + o.qualified.total + o.woken.length + o.overdue.total + o.failed_imports.length === 0
  return (
    <section aria-label={f.overview.needs}>
      <Title order={2} mb="sm">
        {f.overview.needs}
      </Title>
      {nothing && <Empty title={f.overview.nothing} hint={f.overview.nothingHint} action={<To to="/leads">{f.overview.seeLeads}</To>} />}
      <div className="todo">
        <Due title={f.overview.waiting} term="waiting" total={o.waiting.total} all={<To to="/leads" search={{ stage: 'mql' }} underline="always">{f.overview.all(o.waiting.total)}</To>}
          head={[t.columns.person, <Term key="fit" name="fit">{t.columns.fit}</Term>, f.overview.waits]}
          rows={o.waiting.data.map((c) => ({ id: c.id, name: nameOf(c), cells: [<Person key="who" c={c} />, <GradeWord key="fit" fit={c.fit} grade={c.grade} />, lasting(c.stage_at, now)] }))} />
        <Due title={f.overview.qualified} term="mqa" total={o.qualified.total} all={<To to="/accounts" search={{ stage: 'mql' }} underline="always">{f.overview.all(o.qualified.total)}</To>}
          head={[t.columns.account, t.columns.people, f.overview.waits]}
          rows={o.qualified.data.map((a) => ({ id: a.id, name: nameOf(a), cells: [<Cut key="who" below={a.domain}><AccountLink account={a} /></Cut>, count(a.people), lasting(a.stage_at, now)] }))} />
        <Due title={f.overview.woken} term="woken" total={o.woken.length}
          head={[t.columns.account, t.columns.stage, f.overview.gained]}
          rows={o.woken.map(({ account: a, gained }) => ({
            id: a.id,
            name: nameOf(a),
            cells: [<Cut key="who" below={a.domain}><AccountLink account={a} /></Cut>, stageName(a.stage, 'account'), f.overview.gainedOf(points(gained), points(a.intent))],
          }))} />
        <Due title={f.overview.overdue} term="overdue" total={o.overdue.total} all={<To to="/opportunities" search={{ status: 'open' }} underline="always">{f.overview.all(o.overdue.total)}</To>}
          head={[t.columns.name, t.columns.amount, f.overview.expected]}
          rows={o.overdue.data.map((d) => ({
            id: d.id,
            cells: [
              <Cut key="what" below={d.account?.name ?? d.owner}><To to="/opportunities" search={{ q: d.name, status: 'open' }}>{d.name || d.external_id}</To></Cut>,
              Number(d.amount) === 0 ? t.unknown : money(d.amount, d.currency),
              f.overview.late(lasting(d.expected_close_at, now)),
            ],
          }))} />
        <Due title={f.overview.imports} total={o.failed_imports.length} all={<To to="/data/imports" underline="always">{t.data.imports}</To>}
          head={[f.overview.file, t.data.started, f.overview.outcome]}
          rows={o.failed_imports.map((i) => ({ id: String(i.id), cells: [<span key="file" className="wrap">{i.file}</span>, day(i.started_at), i.broke_off ? f.overview.brokeOff : f.overview.rejected(i.rejected)] }))} />
      </div>
    </section>
  )
}

type Row = { id: string; name?: string; cells: readonly [ReactNode, ReactNode, ReactNode] }

// One kind of thing to do: the first of them, and the way to all. Whose score can be opened has a name.
function Due({ title, term, total, all, head, rows }: { title: string; term?: TermName; total: number; all?: ReactNode; head: readonly [ReactNode, ReactNode, ReactNode]; rows: readonly Row[] }) {
  const why = useWhy()
  if (total === 0) return null
  const opens = rows.some((r) => r.name !== undefined)
  return (
    <section aria-label={title}>
      <Group justify="space-between" gap="xs" wrap="nowrap" align="baseline">
        <Title order={3}>{term ? <Term name={term}>{title}</Term> : title}</Title>
        <Text size="sm">{all}</Text>
      </Group>
      <div className="scroll due">
        <Table className="table" verticalSpacing={4} horizontalSpacing="xs">
          <thead>
            <tr>
              <th>{head[0]}</th>
              <th className="mantine-visible-from-xs">{head[1]}</th>
              <th className="figure">{head[2]}</th>
              {opens && (
                <th>
                  <VisuallyHidden>{t.table.why}</VisuallyHidden>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {rows.map((r) => (
              <tr key={r.id}>
                <td>{r.cells[0]}</td>
                <td className="mantine-visible-from-xs">{r.cells[1]}</td>
                <td className="figure">{r.cells[2]}</td>
                {r.name !== undefined && (
                  <td className="figure">
                    <button type="button" className="quiet" onClick={() => why(r.id)} aria-label={t.table.whyOf(r.name)}>
                      {t.table.why}
                    </button>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </Table>
      </div>
    </section>
  )
}

const Cut = ({ below, children }: { below: string; children: ReactNode }) => (
  <div className="held">
    {children}
    <Text size="xs" c="dimmed">
      {below || '\u00a0'}
    </Text>
  </div>
)

const Person = ({ c }: { c: Contact }) => (
  <Cut below={[c.title, c.account?.name].filter(Boolean).join(', ') || c.email}>
    <ContactLink contact={c} />
  </Cut>
)

const newLinks = {
  contacts: { to: '/contacts', search: { sort: 'newest' } },
  accounts: { to: '/accounts', search: { sort: 'newest' } },
  imported_contacts: { to: '/contacts', search: { sort: 'newest' } },
  imported_accounts: { to: '/accounts', search: { sort: 'newest' } },
  mql: { to: '/leads', search: { stage: 'mql' } },
  mqa: { to: '/accounts', search: { stage: 'mql' } },
  accepted: { to: '/contacts', search: { stage: 'accepted' } },
  sql: { to: '/contacts', search: { stage: 'sql' } },
  recycled: { to: '/contacts', search: { stage: 'recycled' } },
  opened: { to: '/opportunities', search: { sort: 'opened_at' } },
  won: { to: '/opportunities', search: { status: 'won', sort: 'closed_at' } },
  lost: { to: '/opportunities', search: { status: 'lost', sort: 'closed_at' } },
} as const

type News = keyof typeof newLinks

/** What changed, without what did not. */
export const newsOf = (changed: Seen['changed']): [News, number][] => (Object.keys(newLinks) as News[]).map((k): [News, number] => [k, changed[k]]).filter(([, n]) => n > 0)

function Changes({ o }: { o: Seen }) {
  const news = newsOf(o.changed)
  const title = f.overview.changed(day(o.changed.since))
  return (
    <section aria-label={title}>
      <Title order={2} mb="xs">
        {title}
      </Title>
      {news.length === 0 ? (
        <Text c="dimmed">{f.overview.nothingNew}</Text>
      ) : (
        <dl className="figures">
          {news.map(([k, n]) => (
            <Figure key={k} label={f.overview.changes[k]} value={count(n)} to={newLinks[k]} />
          ))}
        </dl>
      )}
    </section>
  )
}

function Standing({ o, s }: { o: Seen; s: Stats }) {
  const d = s.opportunities
  const closed = d.won + d.lost
  const people = new Map(o.contacts.map((c) => [c.stage, c.count]))
  const accounts = new Map(o.accounts.map((c) => [c.stage, c.count]))
  return (
    <section aria-label={f.overview.funnel}>
      <Title order={2}>{f.overview.funnel}</Title>
      <Table className="table" verticalSpacing={4} horizontalSpacing="xs" mb="sm">
        <thead>
          <tr>
            <th>
              <Term name="stage">{f.overview.stage}</Term>
            </th>
            <th className="figure">{f.overview.people}</th>
            <th className="figure">{f.overview.accounts}</th>
          </tr>
        </thead>
        <tbody>
          {o.contacts.map(({ stage }) => (
            <tr key={stage}>
              <td>
                <Term name={stage}>{stage === 'mql' ? `${t.stages.mql} / ${t.mqa}` : stageName(stage)}</Term>
              </td>
              <td className="figure">
                <To to="/contacts" search={{ stage }}>{count(people.get(stage) ?? 0)}</To>
              </td>
              <td className="figure">
                <To to="/accounts" search={{ stage }}>{count(accounts.get(stage) ?? 0)}</To>
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
      <dl className="figures">
        <Figure label={t.overview.open} value={count(d.open)} to={{ to: '/opportunities', search: { status: 'open' } }} />
        <Figure label={t.overview.won} value={count(d.won)} of={money(d.won_amount, d.currency)} to={{ to: '/opportunities', search: { status: 'won' } }} />
        <Banded label={<Term name="winRate">{t.overview.winRate}</Term>} figure={d.win_rate} scale={0.6}
          of={closed > 0 && t.overview.winRateOf(d.won, closed)} />
      </dl>
      <Text size="sm" mt="xs">
        <To to="/measure/funnel" search={{}} underline="always">{f.overview.toFunnel}</To>
      </Text>
    </section>
  )
}

function Data({ s }: { s: Stats }) {
  const dropped = Object.values(s.dropped).reduce((a, b) => a + b, 0)
  return (
    <section aria-label={t.overview.data}>
      <dl className="figures">
        <Figure label={t.overview.accounts} value={count(s.accounts)} to={{ to: '/accounts' }} />
        <Figure label={t.overview.contacts} value={count(s.contacts)} to={{ to: '/contacts' }} />
        <Figure label={t.overview.events} value={s.events < 1e6 ? count(s.events) : compact(s.events)} to={{ to: '/data/events' }} />
        <Figure label={t.overview.dropped} value={count(dropped)} to={{ to: '/data/drops' }} />
      </dl>
    </section>
  )
}

type Place = { to: '/leads' | '/accounts' | '/contacts' | '/opportunities' | '/data/events' | '/data/drops'; search?: Record<string, string> }

// A figure is the way into what it counts.
function Figure({ label, value, of, to }: { label: ReactNode; value: string; of?: string; to: Place }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <To {...to} search={to.search ?? {}} className="number">
          {value}
        </To>
        {of && (
          <Text size="sm" c="dimmed">
            {of}
          </Text>
        )}
      </dd>
    </div>
  )
}
