// The one way to open "why?": a score down to the events and the playbook's lines that made it.
import { Button, Group, Skeleton, Stack, Table, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { explanation } from '../api/queries'
import type { Criterion, Explanation, Line, Stage } from '../api/types'
import { To } from './Links'
import { Where } from './words'
import { t } from '../strings'
import { usePast } from './AsOf'
import { because, day, grouped, moment, sumPoints } from './format'
import { SidePanel } from './Dialogs'
import { Failed } from './States'
import { Term } from './Term'
import { verdict } from './verdict'
import { stageName } from './words'

export function WhyDrawer({ who, close }: { who: string; close: () => void }) {
  return (
    <SidePanel opened close={close} title={t.why.title}>
      <Explained who={who} />
    </SidePanel>
  )
}

function Explained({ who }: { who: string }) {
  const { past } = usePast()
  const query = useQuery(explanation(who, past?.at))
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />
  if (!query.data) return <Skeleton height={300} />
  const x = query.data
  return (
    <Stack gap="lg">
      <Text fw={600}>{verdict(x)}</Text>
      <IntentOpened x={x} />
      <FitOpened x={x} />
      <Decisions x={x} />
      <Text size="xs" c="dimmed">
        {t.why.asOf(moment(x.clock))} · {t.why.playbook}{' '}
        <To to="/playbook" search={{ version: x.playbook }} underline="always">
          {x.playbook.slice(0, 12)}
        </To>
      </Text>
    </Stack>
  )
}

const fewLines = 12

/** Lines newest first; those beyond the first dozen are summed until they are asked for, so that what is shown always adds up. */
export function shownLines(lines: readonly Line[], all: boolean, few = fewLines): { shown: Line[]; rest: number; restPoints: string } {
  const scoring = [...lines].sort((a, b) => Number(b.points !== '0.000') - Number(a.points !== '0.000') || b.position - a.position)
  const shown = all || scoring.length <= few + 1 ? scoring : scoring.slice(0, few)
  const hidden = scoring.slice(shown.length)
  return { shown, rest: hidden.length, restPoints: sumPoints(hidden.map((l) => l.points)) }
}

/** names: of people whose events are among the lines of an account, by id. */
export function IntentOpened({ x, names }: { x: Explanation; names?: ReadonlyMap<string, string> }) {
  const [all, setAll] = useState(false)
  const lines = x.intent.lines ?? []
  const { shown, rest, restPoints } = shownLines(lines, all)
  return (
    <section aria-label={t.why.intent} className="opened-score">
      <Title order={2}><Term name="intent">{t.why.intent}</Term></Title>
      <Text c="dimmed" size="sm" mb="xs">
        {t.why.adds(x.intent.points, x.intent.threshold, x.intent.half_life_days)}
      </Text>
      {lines.length === 0 ? (
        <Text>{t.why.noLines}</Text>
      ) : (
        <Table className="table" verticalSpacing={4} horizontalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t.why.event}</Table.Th>
              <Table.Th className="figure roomy"><Term name="rawPoints">{t.why.raw}</Term></Table.Th>
              <Table.Th className="figure roomy"><Term name="countedPoints">{t.why.counted}</Term></Table.Th>
              <Table.Th className="figure roomy"><Term name="weight">{t.why.weight}</Term></Table.Th>
              <Table.Th className="figure">{t.why.points}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((l) => (
              <Table.Tr key={l.position}>
                <Table.Td>
                  <div>
                    <b>{l.label}</b> <Where place={l.what} />
                  </div>
                  <Text size="xs" c="dimmed">
                    {moment(l.occurred_at)}
                    {l.contact && (
                      <>
                        {' · '}
                        <To to="/contacts/$id" params={{ id: l.contact }} search={{}} underline="always">
                          {names?.get(l.contact) ?? l.contact}
                        </To>
                      </>
                    )}
                    {l.why && ` · ${t.why.capped[l.why] ?? l.why}`}
                    <span className="narrow">{` · ${t.why.worked(l.counted, l.raw, l.weight.toFixed(3))}`}</span>
                  </Text>
                </Table.Td>
                <Table.Td className="figure roomy">{l.raw}</Table.Td>
                <Table.Td className="figure roomy">{l.counted}</Table.Td>
                <Table.Td className="figure roomy">{l.weight.toFixed(3)}</Table.Td>
                <Table.Td className="figure">{l.points}</Table.Td>
              </Table.Tr>
            ))}
            {rest > 0 && (
              <Table.Tr>
                <Table.Td>{t.why.rest(rest)}</Table.Td>
                <Worked />
                <Table.Td className="figure">{restPoints}</Table.Td>
              </Table.Tr>
            )}
          </Table.Tbody>
          <Table.Tfoot>
            <Table.Tr>
              <Table.Th scope="row">{t.why.total}</Table.Th>
              <Worked />
              <Table.Th className="figure">{x.intent.points}</Table.Th>
            </Table.Tr>
          </Table.Tfoot>
        </Table>
      )}
      {(rest > 0 || all) && (
        <Button size="compact-xs" variant="subtle" onClick={() => setAll(!all)}>
          {all ? t.why.showFew : t.why.showAll(lines.length)}
        </Button>
      )}
    </section>
  )
}

// The cells of raw, counted and weight in a row that has none; where there is little room an event says them in words.
const Worked = () => (
  <>
    <Table.Td className="roomy" />
    <Table.Td className="roomy" />
    <Table.Td className="roomy" />
  </>
)

export function FitOpened({ x }: { x: Explanation }) {
  const f = x.fit
  return (
    <section aria-label={t.why.fit}>
      <Title order={2}>
        <Term name="fit">
          {t.why.fit}: {f.fit ? `${t.fits.yes}, ${t.why.grade(f.grade)}` : t.fits.no}
        </Term>
      </Title>
      <Text c="dimmed" size="sm" mb="xs">
        {t.why.fitSum(f.points, f.threshold, f.max, f.icp)}
      </Text>
      {f.disqualified && <Text className="bad">{t.why.disqualified(f.disqualified)}</Text>}
      {!!f.missing_musts?.length && <Text className="warn">{t.why.missing(f.missing_musts.join(', '))}</Text>}
      <Table className="table" verticalSpacing={4} horizontalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th><Term name="criterion">{t.why.criterion}</Term></Table.Th>
            <Table.Th className="figure">{t.why.points}</Table.Th>
            <Table.Th className="figure">{t.why.of}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {(f.criteria ?? []).map((c) => (
            <Table.Tr key={c.id}>
              <Table.Td>
                <b>{c.label || c.id}</b>
                <Text size="xs" c="dimmed" className="wrap">
                  {criterionWords(c)}
                </Text>
              </Table.Td>
              <Table.Td className="figure">{c.points}</Table.Td>
              <Table.Td className="figure">{c.max}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
        <Table.Tfoot>
          <Table.Tr>
            <Table.Th scope="row">{t.why.total}</Table.Th>
            <Table.Th className="figure">{f.points}</Table.Th>
            <Table.Th className="figure">{f.max}</Table.Th>
          </Table.Tr>
        </Table.Tfoot>
      </Table>
    </section>
  )
}

const criterionWords = (c: Criterion) => grouped([t.why.kinds[c.kind] ?? c.kind, c.must && t.why.must, c.why || (!c.known && t.why.notKnown)].filter(Boolean).join(' · '))

function Decisions({ x }: { x: Explanation }) {
  const decisions = x.decisions ?? []
  if (decisions.length === 0) return null
  return (
    <section aria-label={t.why.decisions}>
      <Title order={2}><Term name="decisions">{t.why.decisions}</Term></Title>
      <ul className="timeline">
        {decisions.map((d) => (
          <li key={d.position}>
            <Group gap="xs" wrap="nowrap" align="baseline">
              <Text c="dimmed" size="sm" component="time" dateTime={d.at ?? ''}>
                {day(d.at)}
              </Text>
              <span>
                <b>{t.why.entered(stageName(d.stage as Stage, x.of))}</b>: {because(d.reason)}
                {d.note && ` (${d.note})`}
              </span>
            </Group>
          </li>
        ))}
      </ul>
    </section>
  )
}
