// From a revenue target back to what it takes, channel by channel; what would help most; and what came of the targets that are set.
import { Button, Group, Skeleton, Stack, TextInput, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { type Figure as Measure, type Lever, measurement, type PlanRow, type RevenuePlan, type TargetRow } from '../api/measure'
import { To } from '../parts/Links'
import { count } from '../parts/format'
import { Empty, Failed, Lead } from '../parts/States'
import { FigureCard, FiguresOf } from '../parts/measure/Figure'
import { figureText, share, signed } from '../parts/measure/figures'
import { Days } from '../parts/measure/Page'
import { figureColumn, Sheet, type SheetColumn } from '../parts/measure/Sheet'
import { useSpan } from '../parts/measure/span'
import { dayOf, labelOf, periodText } from '../parts/measure/words'
import { m } from '../strings.measure'
import { Term } from '../parts/Term'

const aDay = /^\d{4}-\d{2}-\d{2}$/

export function Plan() {
  const { params, search } = useSpan(['lead_by'])
  const [target, by] = [search.target ?? '', search.by ?? '']
  const asked = target !== '' && aDay.test(by)
  const query = useQuery({ ...measurement('plan', { ...params, target, by }), enabled: asked })
  const x = asked ? query.data : undefined
  return (
    <Stack gap="lg">
      <Lead title={m.plan.title} sentence={asked ? x && sentence(x.report, by) : m.plan.noTarget}>
        <p className="hint">{x ? m.plan.rates(periodText(x.report.rates)) : m.plan.ask}</p>
      </Lead>
      <Ask key={`${target}/${by}`} target={target} by={by} />
      {asked && query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
      {asked && query.isPending && <Skeleton height={600} />}
      {x && (
        <FiguresOf value={{ position: x.position, at: x.at, playbook: x.playbook, currency: x.report.target.currency ?? '' }}>
          <Back p={x.report} old={query.isPlaceholderData} />
        </FiguresOf>
      )}
      <TargetsSet />
    </Stack>
  )
}

/** The answer: what reaching the target takes, and whether it can be. */
export function sentence(p: RevenuePlan, by: string): string {
  const target = figureText(p.target)
  if (p.gap.value === 0) return m.plan.enough(target, dayOf(by)) + '.'
  const text = m.plan.sentence(target, dayOf(by), p.total.leads.value === null ? figureText(p.total.leads) : count(Math.ceil(p.total.leads.value)), figureText(p.total.spend))
  return text + (p.feasible ? m.plan.feasible : m.plan.outOfReach) + '.'
}

function Ask(was: { target: string; by: string }) {
  const navigate = useNavigate()
  const [target, setTarget] = useState(was.target)
  const [by, setBy] = useState(was.by)
  const submit = (e: FormEvent) => {
    e.preventDefault()
    void navigate({ to: '.', search: (s: Record<string, unknown>) => ({ ...s, target: target.trim().replaceAll(',', '') || undefined, by: by || undefined }) })
  }
  return (
    <form onSubmit={submit} data-noprint>
      <Group gap="xs" align="end">
        <TextInput size="xs" w={150} label={m.plan.target} inputMode="decimal" value={target} onChange={(e) => setTarget(e.currentTarget.value)} required />
        <TextInput size="xs" w={150} label={m.plan.by} type="date" value={by} onChange={(e) => setBy(e.currentTarget.value)} required />
        <Days />
        <Button size="xs" type="submit">
          {m.plan.go}
        </Button>
      </Group>
    </form>
  )
}

function Back({ p, old }: { p: RevenuePlan; old: boolean }) {
  const t = p.total
  const cards: [string, Measure][] = [
    [m.plan.gap, p.gap],
    [m.plan.deals, t.deals],
    [m.plan.opportunities, t.opportunities],
    [m.plan.mqls, t.mqls],
    [m.plan.leads, t.leads],
    [m.plan.spend, t.spend],
  ]
  const name = (r: PlanRow) => (r === t ? m.all : labelOf('channel', r.channel))
  const id = (r: PlanRow) => `plan/${r === t ? 'all' : r.channel}`
  const leadsBy = (r: { leads_by: string | null }) => (r.leads_by ? dayOf(r.leads_by) : m.none)
  const figure = (key: 'revenue' | 'deals' | 'opportunities' | 'mqls' | 'leads' | 'spend') => figureColumn<PlanRow>(key, m.plan[key], (r) => r[key], id, name)
  const columns: SheetColumn<PlanRow>[] = [
    { key: 'channel', head: m.dimensions.channel!, cell: (r) => <span className="name">{name(r)}</span>, csv: name, sort: name },
    { key: 'share', head: m.plan.share, figure: true, cell: (r) => share(r.share), csv: (r) => r.share, sort: (r) => r.share },
    ...(['revenue', 'deals', 'opportunities', 'mqls', 'leads', 'spend'] as const).map(figure),
    { key: 'leads_by', head: m.plan.leadsBy, cell: (r) => <span className="whole">{leadsBy(r)}</span>, csv: (r) => r.leads_by },
  ]
  const lever = (l: Lever) => `${m.plan.names[l.lever] ?? l.lever} ${signed(l.factor - 1, share)}`
  const levers: SheetColumn<Lever>[] = [
    { key: 'lever', head: m.plan.lever, cell: lever, csv: lever },
    figureColumn('saved', m.plan.saved, (l) => l.saved, (l) => `lever/${l.lever}/${l.factor}`, lever),
    figureColumn('leads', m.plan.leads, (l) => l.leads, (l) => `lever/${l.lever}/${l.factor}`, lever),
    { key: 'words', head: m.moved.words, cell: (l) => <span className="words">{l.words}</span>, csv: (l) => l.words },
  ]
  const reach = [...(p.out_of_reach ?? []), ...(p.channels ?? []).flatMap((c) => c.out_of_reach ?? [])]
  const borrowed = p.borrowed ?? []
  return (
    <>
      <section aria-label={m.plan.back}>
        <Title order={2} mb={6}>
          <Term name="planStep">{m.plan.back}</Term>
        </Title>
        <dl className="cards">
          {cards.map(([label, f]) => (
            <FigureCard key={f.key} f={f} id={`plan/${f.key}`} label={label} />
          ))}
        </dl>
      </section>
      {reach.length > 0 && (
        <section aria-label={m.plan.reach}>
          <Title order={2} mb={6}>
            {m.plan.reach}
          </Title>
          <ul className="sentences">
            {[...new Set(reach.map((r) => r.words))].map((words) => (
              <li key={words}>{words}</li>
            ))}
          </ul>
        </section>
      )}
      <Sheet id="plan" title={m.plan.channels} columns={columns} rows={p.channels ?? []} rowKey={(r) => r.channel} foot={t} old={old} />
      <Sheet id="levers" term="lever" title={m.plan.levers} hint={m.plan.leversHint} columns={levers} rows={p.levers ?? []} rowKey={(l) => `${l.lever}/${l.factor}`} old={old} />
      {borrowed.length > 0 && (
        <section aria-label={m.plan.borrowed}>
          <Title order={3}>{m.plan.borrowed}</Title>
          <p className="hint">{borrowed.map((b) => `${labelOf('channel', b.channel)}: ${(m.plan.names[b.rate] ?? b.rate).toLowerCase()}`).join('; ')}</p>
        </section>
      )}
    </>
  )
}

function TargetsSet() {
  const { params } = useSpan()
  const query = useQuery(measurement('targets', params))
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />
  const x = query.data
  if (!x) return <Skeleton height={200} />
  const rows = x.report.rows ?? []
  if (rows.length === 0) {
    return (
      <Empty
        title={m.plan.noTargets}
        hint={m.plan.noTargetsHint}
        action={
          <To to="/data/imports" search={{}}>
            {m.plan.importTargets}
          </To>
        }
      />
    )
  }
  const of = (r: TargetRow) => [r.channel, r.owner].filter(Boolean).join(', ') || m.plan.whole
  const id = (r: TargetRow) => `target/${r.metric}/${r.channel ?? ''}/${r.owner ?? ''}/${r.period.first}`
  const name = (r: TargetRow) => `${r.metric}, ${of(r)}`
  const columns: SheetColumn<TargetRow>[] = [
    { key: 'metric', head: m.plan.metric, cell: (r) => r.metric.replaceAll('_', ' '), csv: (r) => r.metric, sort: (r) => r.metric },
    { key: 'of', head: m.plan.of, cell: of, csv: of, sort: of },
    { key: 'span', head: m.plan.span, cell: (r) => <span className="whole">{periodText(r.period)}</span>, csv: [{ head: 'from', of: (r) => r.period.first }, { head: 'to', of: (r) => r.period.last }], sort: (r) => r.period.first },
    figureColumn('goal', m.plan.goal, (r) => r.goal, id, name),
    figureColumn('actual', m.plan.actual, (r) => r.actual, id, name),
    figureColumn('attainment', m.plan.attainment, (r) => r.attainment, id, name),
    figureColumn('pace', m.plan.pace, (r) => r.pace, id, name),
  ]
  return (
    <FiguresOf value={{ position: x.position, at: x.at, playbook: x.playbook, currency: rows.find((r) => r.currency)?.currency ?? '' }}>
      <Sheet id="targets" title={m.plan.targets} hint={m.plan.targetsHint} columns={columns} rows={rows} rowKey={id} old={query.isPlaceholderData} />
    </FiguresOf>
  )
}
