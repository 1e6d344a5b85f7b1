// The playbook to be read: what rules, in tables, with what the text says of where each figure comes from.
import { Button, Group, Skeleton, Stack, Table, Text, Title } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { type ReactNode, useDeferredValue } from 'react'
import { playbook, rulings } from '../api/queries'
import type { Playbook } from '../api/types'
import { ButtonTo, To } from '../parts/Links'
import { useMay } from '../parts/may'
import { Pairs } from '../parts/Pairs'
import { Failed } from '../parts/States'
import { roleName } from '../parts/words'
import type { Path } from '../playbook/path'
import { fetched } from '../parts/later'
import { save } from '../playbook/save'
import { conditionText } from '../playbook/shapes'
import { t } from '../strings'
import { p } from '../strings.playbook'
import { PlaybookTabs } from './PlaybookTabs'
import { Term } from '../parts/Term'
import { fieldTerms } from '../playbook/explained'
import type { TermName } from '../terms'

// What reads a playbook's text, with its comments, is half of the page's code: the answer above the text does not wait for it.
const reader = fetched(() => import('../playbook/edit'))
// It is read in a task of its own: together with the drawing it would keep a phone from answering for twice as long.
const readOf = (book: Playbook | undefined) =>
  queryOptions({
    queryKey: ['file', 'playbook read', book?.version],
    queryFn: async () => {
      const edit = await reader()
      return { edit, text: edit.read(book!.source) }
    },
    enabled: !!book,
    staleTime: Infinity,
    structuralSharing: false,
    retry: false,
  })
type Read = { edit: typeof import('../playbook/edit'); text: ReturnType<typeof import('../playbook/edit').read> }

export function PlaybookPage() {
  const { version = '' } = useSearch({ strict: false }) as { version?: string }
  const book = useQuery(playbook(version))
  const reads = useQuery(readOf(book.data))
  const its = useDeferredValue(reads.data)
  const rules = useQuery(rulings).data?.[0]?.version
  const may = useMay()
  const b = useDeferredValue(book.data) // drawn a few milliseconds at a time
  const old = b && rules !== undefined && b.version !== rules
  return (
    <PlaybookTabs
      at="/playbook"
      sentence={old ? t.playbook.old(b.version.slice(0, 12)) : b && t.playbook.sentence(b.document.name, b.document.lifecycle.mql.intent, b.document.rubric.half_life_days)}
      extra={
        old && (
          <To to="/playbook" search={{}}>
            {t.playbook.current}
          </To>
        )
      }
    >
      {book.isError ? (
        <Failed error={book.error} retry={() => void book.refetch()} />
      ) : reads.isError ? (
        <Failed error={reads.error} retry={() => void reads.refetch()} />
      ) : b && its ? (
        <Stack gap="xl">
          <Group gap="xs" data-noprint>
            {may('playbook') && (
              <ButtonTo size="xs" to="/playbook/edit" search={old ? { from: b.version } : {}}>
                {old ? p.back : p.edit}
              </ButtonTo>
            )}
            <Button size="xs" variant="default" onClick={() => save(`playbook-${b.version.slice(0, 12)}.yaml`, b.source)}>
              {p.download}
            </Button>
          </Group>
          <Book read={its} />
        </Stack>
      ) : (
        <Skeleton height={480} />
      )}
    </PlaybookTabs>
  )
}

type Item = Record<string, unknown>
const list = (v: unknown): Item[] => (Array.isArray(v) ? (v as Item[]) : [])
const words = (v: unknown) => (Array.isArray(v) ? v.map(String).join(', ') : typeof v === 'string' || typeof v === 'number' ? String(v) : '')

function Book({ read: { edit, text: r } }: { read: Read }) {
  const d = (r.value ?? {}) as Item
  const from = (...path: Path) => edit.commentAt(r, path)
  const figures = (at: string, keys: readonly (keyof typeof p.f)[], of: Item) =>
    keys.map((k) => [fieldTerms[k] ? <Term key={k} name={fieldTerms[k]}>{String(p.f[k])}</Term> : String(p.f[k]), words(of[k]) || p.missing, from(...at.split('.'), k)])
  const lifecycle = (d.lifecycle ?? {}) as Record<string, Item>
  const workspace = (d.workspace ?? {}) as Item
  return (
    <>
      <Pairs
        title={p.sections.program!}
        pairs={[
          [p.f.timezone, words(workspace.timezone)],
          [p.f.currency, words(workspace.currency)],
          [p.f.hosts, words(workspace.hosts) || p.none],
          [p.f.motion, words(d.motion) || p.none],
        ]}
      />
      {list(d.icp).map((icp, i) => (
        <section key={i} aria-label={words(icp.name)}>
          <Title order={2}>{words(icp.name)}</Title>
          <Text mb="xs">
            {words(icp.description)} {p.f.threshold}: {words(icp.threshold)}. {Object.entries((icp.grades ?? {}) as Record<string, number>).map(([g, n]) => `${g} ${n}`).join(', ')}.
          </Text>
          <Rows
            head={[t.why.criterion, t.why.kind, p.f.trait, p.f.bands, p.f.must, p.from]}
            rows={list(icp.criteria).map((c, j) => [
              words(c.label) || words(c.id),
              t.why.kinds[words(c.kind)] ?? words(c.kind),
              words(c.trait) || words(c.behaviors),
              c.bands ? <Lines key="b" of={[...list(c.bands).map((x) => `${conditionText(x)}: ${words(x.points)}`), ...(c.missing ? [`${p.f.missing}: ${words(c.missing)}`] : [])]} /> : `${words(c.points)} (${p.f.within_days.toLowerCase()}: ${words(c.within_days)})`,
              c.must === true ? t.yes : '',
              [from('icp', i, 'criteria', j, 'missing'), from('icp', i, 'criteria', j, 'within_days'), ...list(c.bands).map((_, k) => from('icp', i, 'criteria', j, 'bands', k) || from('icp', i, 'criteria', j, 'bands', k, 'in'))].filter(Boolean).join('; '),
            ])}
          />
          {list(icp.disqualifiers).length > 0 && (
            <>
              <Title order={3} mt="sm">
                {p.f.disqualifiers}
              </Title>
              <Rows head={[p.f.reason, p.f.trait, p.what]} rows={list(icp.disqualifiers).map((x) => [words(x.reason), words(x.trait), conditionText(x)])} />
            </>
          )}
        </section>
      ))}
      <Part name="rubric">
        <Rows head={[p.what, p.value, p.from]} rows={figures('rubric', ['half_life_days'], (d.rubric ?? {}) as Item)} />
        <Rows
          head={[p.f.behaviors, p.f.points, p.f.window_days, p.f.cap_per_day, p.f.cap, p.f.funnel, p.from]}
          figures={[1, 2, 3, 4]}
          rows={list((d.rubric as Item | undefined)?.behaviors).map((x, i) => [words(x.label), words(x.points), words(x.window_days), words(x.cap_per_day), words(x.cap), words(x.funnel), from('rubric', 'behaviors', i, 'points')])}
        />
      </Part>
      <Part name="lifecycle">
        <Title order={3}>{p.mql}</Title>
        <Rows head={[p.what, p.value, p.from]} rows={figures('lifecycle.mql', ['intent', 'immediate', 'expire_below', 'expire_days', 'cooldown_days'], lifecycle.mql ?? {})} />
        <Title order={3} mt="sm">{p.mqa}</Title>
        <Rows head={[p.what, p.value, p.from]} rows={figures('lifecycle.mqa', ['intent', 'roles', 'expire_below', 'expire_days', 'cooldown_days'], lifecycle.mqa ?? {})} />
        <Title order={3} mt="sm">{p.sql}</Title>
        <Rows head={[p.what, p.value, p.from]} rows={figures('lifecycle.sql', ['framework', 'evidence'], lifecycle.sql ?? {})} />
      </Part>
      <Part name="committee">
        <Rows head={[p.f.role, p.f.label, p.f.titles, p.f.departments, p.f.seniorities]} rows={list((d.committee as Item | undefined)?.roles).map((x) => [roleName(words(x.role)), words(x.label), words(x.titles), words(x.departments), words(x.seniorities)])} />
      </Part>
      {list(d.channels).length > 0 && (
        <Part name="channels">
          <Rows
            head={[p.f.name, p.f.role, p.f.cpl_low, p.f.to, p.what, p.from]}
            figures={[2, 3]}
            rows={list(d.channels).map((x, i) => [words(x.name), words(x.role), words(x.cpl_low), words(x.cpl_high), <Lines key="m" of={[matches(x), ...list(x.also).map((y) => `${p.f.also}: ${matches(y)}`)].filter(Boolean)} />, from('channels', i, 'name') || from('channels', i, 'cpl_low')])}
          />
        </Part>
      )}
      {list(d.calendars).length > 0 && (
        <Part name="calendars">
          <Rows head={[p.f.name, p.f.timezone, p.f.days, p.f.calendarFrom, p.f.to, p.f.holidays]} rows={list(d.calendars).map((x) => [words(x.name), words(x.timezone), words(x.days), words(x.from), words(x.to), words(x.holidays)])} />
        </Part>
      )}
    </>
  )
}

const matching = ['sources', 'mediums', 'campaigns', 'referrers', 'groups', 'kinds', 'hosts', 'events'] as const
const matches = (x: Item) => matching.filter((k) => x[k]).map((k) => `${p.f[k]}: ${words(x[k])}`).join('; ')

const Lines = ({ of }: { of: readonly string[] }) => of.map((l) => <div key={l}>{l}</div>)

function Part({ name, children }: { name: string; children: ReactNode }) {
  return (
    <section aria-label={p.sections[name]}>
      <Title order={2} mb="xs">
        {p.sections[name]}
      </Title>
      {children}
    </section>
  )
}

/** The heads that are explained, by their words. */
const labelTerms = Object.fromEntries(Object.entries(fieldTerms).map(([k, term]) => [p.f[k as keyof typeof p.f], term])) as Partial<Record<string, TermName>>

function Rows({ head, rows, figures = [] }: { head: readonly string[]; rows: readonly (readonly ReactNode[])[]; figures?: readonly number[] }) {
  return (
    <div className="scroll" role="group" aria-label={head.join(', ')} tabIndex={0}>
      <Table className="table" verticalSpacing={4} horizontalSpacing="xs">
        <thead>
          <tr>
            {head.map((h, i) => (
              <th key={i} className={figures.includes(i) ? 'figure' : undefined}>
                {labelTerms[h] ? <Term name={labelTerms[h]}>{h}</Term> : h}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, i) => (
            <tr key={i}>
              {cells.map((c, j) => (
                <td key={j} className={figures.includes(j) ? 'figure' : 'pb-cell'}>
                  {c}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
    </div>
  )
}
