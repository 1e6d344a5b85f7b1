// A published report: what it said then, frozen; what it says now; and every difference traced to its cause.
import { Badge, Button, Group, Progress, Skeleton, Stack, Table, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { behindBy, type Cause, type Frozen, type Line, type Published, report, type Restated, type Restatement, restatement } from '../api/reports'
import { author, count, moment } from '../parts/format'
import { To } from '../parts/Links'
import { Sheet, type SheetColumn } from '../parts/measure/Sheet'
import { periodText } from '../parts/measure/words'
import { askedText, change, exact, factText, labelOf, liveOf, segmentOf } from '../parts/reports/exact'
import { Failed, Lead } from '../parts/States'
import { Meaning } from '../playbook/Diffs'
import { w } from '../strings.reports'
import '../parts/measure/measure.css'
import '../parts/reports/reports.css'

export function ReportPage() {
  const { id } = useParams({ strict: false }) as { id: string }
  const frozen = useQuery(report(id))
  const now = useQuery({ ...restatement(id), enabled: frozen.isSuccess })
  const f = frozen.data
  const x = now.data?.restated
  return (
    <Stack gap="lg" className="report">
      <Lead title={w.title} sentence={f && answer(f.title, now.data)}>
        <p className="hint" data-noprint>
          <To to="/reports" search={{}}>
            {w.back}
          </To>
        </p>
      </Lead>
      {frozen.isError && <Failed error={frozen.error} retry={() => void frozen.refetch()} />}
      {frozen.isPending && <Skeleton height={500} />}
      {f && (
        <>
          <Share id={id} done={!!x} />
          <Then f={f} />
          {now.isError && <Failed error={now.error} retry={() => void now.refetch()} />}
          {!x && !now.isError && <Running of={now.data} />}
          {behindBy(now.data) > 0 && (
            <p className="hint" role="status" data-noprint>
              {w.behind(behindBy(now.data))}
            </p>
          )}
          {x && <Now x={x} />}
        </>
      )}
    </Stack>
  )
}

/** The answer: how many figures read otherwise now, and by what. */
export function answer(title: string, now: Restatement | undefined): string {
  const x = now?.restated
  if (!x) {
    const p = now?.progress
    return p && p.steps > 0 ? w.running(title, w.causeNames[p.cause] ?? p.cause, p.step, p.steps) : w.loading(title)
  }
  const all = x.figures?.length ?? 0
  return (x.changed === 0 ? w.same(title, all) : w.differ(title, x.changed, all, (x.causes ?? []).filter((c) => c.changed > 0).map((c) => w.causeNames[c.key] ?? c.label))) + '.'
}

function Share({ id, done }: { id: string; done: boolean }) {
  const file = (name: string, path: string) => (
    <Button key={name} size="xs" variant="default" component="a" href={path} download>
      {name}
    </Button>
  )
  return (
    <Group gap="xs" data-noprint aria-label={w.share} role="group">
      <Button size="xs" variant="default" onClick={() => window.print()}>
        {w.print}
      </Button>
      {done && file(w.markdown, `/api/v1/reports/${id}/restated?format=markdown`)}
      {file(w.markdownThen, `/api/v1/reports/${id}?format=markdown`)}
      {file(w.json, `/api/v1/reports/${id}`)}
    </Group>
  )
}

function Then({ f }: { f: Frozen }) {
  const headline = f.body.headline
  const whole = headline.filter((h) => !h.segment)
  const parts = headline.filter((h) => h.segment)
  const said = askedText(f.query)
  return (
    <section aria-label={w.then} className="frozen">
      <Group gap="xs" mb={8}>
        <Title order={2}>{w.then}</Title>
        <Badge variant="outline" color="gray" radius="sm" tt="none" c="var(--mantine-color-text)">
          {w.frozen}
        </Badge>
      </Group>
      {f.note && <p className="note">{f.note}</p>}
      <dl className="pairs">
        <dt>{w.at}</dt>
        <dd>{w.publishedBy(moment(f.at), author(f.by))}</dd>
        <dt>{w.kind}</dt>
        <dd>
          {w.kinds[f.kind] ?? f.kind}, {periodText({ first: f.query.from ?? '', last: f.query.to ?? '' })}
          {said && ` (${said})`}.{' '}
          <To {...liveOf(f.kind, f.query)} underline="always" data-noprint>
            {w.live}
          </To>
        </dd>
        <dt>{w.position}</dt>
        <dd>
          {count(f.position)}, {w.playbook.toLowerCase()} {f.playbook}, {w.code.toLowerCase()} {f.code}
        </dd>
        <dt>{w.sum}</dt>
        <dd>
          <span className="hash">{f.sha256}</span> <span className="hint">{w.sumHint}</span>
        </dd>
      </dl>
      <dl className="cards">
        {whole.map((h) => (
          <div className="card" key={h.key}>
            <dt>{labelOf(h)}</dt>
            <dd className="number">{exact(h.value, h)}</dd>
          </div>
        ))}
      </dl>
      {parts.length > 0 && <Sheet id={`said-${f.id}`} level={3} title={w.parts} name={`${w.then}: ${w.parts}`} columns={said_} rows={parts} rowKey={(h) => h.key} limit={12} />}
    </section>
  )
}

const name = (l: Published) => <span className="name">{labelOf(l)}</span>
const said_: SheetColumn<Published>[] = [
  { key: 'of', head: w.of, cell: (l) => <span className="name">{segmentOf(l)}</span>, csv: segmentOf, sort: segmentOf },
  { key: 'figure', head: w.figure, cell: name, csv: labelOf, sort: labelOf },
  { key: 'then', head: w.thenHead, figure: true, cell: (l) => exact(l.value, l), csv: (l) => plain(l.value, l) },
]

const plain = (v: number | null, l: Published) => (v === null ? null : v / 10 ** l.digits)

function Running({ of }: { of: Restatement | undefined }) {
  const p = of?.progress
  const done = p && p.steps > 0 ? ((p.step - 1 + (p.total > 0 ? p.done / p.total : 0)) / p.steps) * 100 : 0
  return (
    <section aria-label={w.now}>
      <Title order={2} mb={6}>
        {w.now}
      </Title>
      <Progress value={done} aria-label={w.now} maw={420} />
      <p className="hint" role="status">
        {p && p.total > 0 && `${w.phase(p.phase, count(p.done), count(p.total))}. `}
        {w.leave}
      </p>
    </section>
  )
}

function Now({ x }: { x: Restated }) {
  const figures = x.figures ?? []
  const causes = x.causes ?? []
  const shown = causes.map((c, i) => ({ c, i })).filter(({ c }) => c.changed > 0)
  const columns: SheetColumn<Line>[] = [
    { key: 'figure', head: w.figure, cell: name, csv: labelOf, sort: labelOf },
    { key: 'of', head: w.of, cell: (l) => <span className="name">{segmentOf(l)}</span>, csv: segmentOf, sort: segmentOf },
    { key: 'then', head: w.thenHead, figure: true, cell: (l) => exact(l.value, l), csv: (l) => plain(l.value, l) },
    ...shown.map(({ c, i }): SheetColumn<Line> => ({ key: c.key, head: c.label, figure: true, cell: (l) => change(l.by?.[i] ?? null, l), csv: (l) => plain(l.by?.[i] ?? null, l) })),
    { key: 'now', head: w.nowHead, figure: true, cell: (l) => <b>{exact(l.now, l)}</b>, csv: (l) => plain(l.now, l) },
  ]
  const same: SheetColumn<Line>[] = [...columns.slice(0, 2), { key: 'now', head: `${w.thenHead} = ${w.nowHead.toLowerCase()}`, figure: true, cell: (l) => exact(l.now, l), csv: (l) => plain(l.now, l) }]
  return (
    <>
      {x.changed > 0 && <Sheet id="differs" title={w.now} hint={w.nowHint(count(x.position), x.playbook)} columns={columns} rows={figures.slice(0, x.changed)} rowKey={(l) => l.key} limit={40} />}
      <section aria-label={w.causes}>
        <Title order={2}>{w.causes}</Title>
        {shown.length === 0 && <Text c="dimmed">{w.noCause}</Text>}
        {causes.filter((c) => c.changed > 0 || c.total > 0).map((c) => <Reason key={c.key} c={c} />)}
      </section>
      {x.changed < figures.length && <Sheet id="same" title={w.before} columns={same} rows={figures.slice(x.changed)} rowKey={(l) => l.key} limit={10} />}
    </>
  )
}

function Reason({ c }: { c: Cause }) {
  const facts = (c.facts ?? []).filter((k) => k.what)
  const sources = c.sources ?? []
  return (
    <details className="cause" open={c.changed > 0}>
      <summary>
        <b>{c.label}</b>: {[w.moved(c.changed), c.total > 0 && w.facts(c.total)].filter(Boolean).join(', ')}
      </summary>
      <p>{c.why}</p>
      {sources.length > 0 && (
        <ul>
          {sources.map((s, i) => (
            <li key={i}>
              {w.source(s.count, s.kind, s.import ? w.file(s.import, s.file ?? '') : (s.source ?? ''))}
              {s.again && ` (${w.again})`}
            </li>
          ))}
        </ul>
      )}
      {facts.length > 0 && (
        <div className="scroll" role="group" aria-label={`${c.label}: ${w.firstFacts(facts.length, c.total)}`} tabIndex={0}>
          <p className="hint">{w.firstFacts(facts.length, c.total)}</p>
          <Table className="table" verticalSpacing={3} horizontalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th className="figure">{w.at_}</Table.Th>
                <Table.Th>{w.what}</Table.Th>
                <Table.Th visibleFrom="sm">{w.occurred}</Table.Th>
                <Table.Th>{w.received}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {facts.map((k) => (
                <Table.Tr key={k.position}>
                  <Table.Td className="figure">{count(k.position)}</Table.Td>
                  <Table.Td className="wrap">{factText(k.what ?? '')}</Table.Td>
                  <Table.Td visibleFrom="sm" className="whole">
                    {moment(k.occurred_at)}
                  </Table.Td>
                  <Table.Td className="whole">{moment(k.received_at)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
      {(c.changes ?? []).length > 0 && (
        <>
          <p className="hint">{w.rules}</p>
          <Meaning changes={c.changes ?? []} />
        </>
      )}
    </details>
  )
}
