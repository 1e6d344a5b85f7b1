// One frame for the five dashboards: the answer in a sentence, the headline figures, the charts that answer the question in their title, and the notes
// on their days.
import { Button, Group, Stack, Tabs } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { dashboard, type Dashboard as Board, type View, views } from '../api/boards'
import type { Params } from '../api/client'
import { askAgain } from '../api/measure'
import { ChartCard, Exports } from '../parts/boards/ChartCard'
import { Mails } from '../parts/boards/Mails'
import { Notes } from '../parts/boards/Notes'
import { Tiles } from '../parts/boards/Tiles'
import '../parts/boards/boards.css'
import { NotFound } from '../frame/Lost'
import { Ended } from '../parts/measure/Ended'
import { FiguresOf } from '../parts/measure/Figure'
import { Meanwhile, Rereading, Waiting } from '../parts/measure/Meanwhile'
import { Choice, Days } from '../parts/measure/Page'
import { said } from '../parts/measure/figures'
import { useSpan } from '../parts/measure/span'
import { periodText } from '../parts/measure/words'
import { Failed, Lead } from '../parts/States'
import { Ways } from '../parts/Ways'
import { b } from '../strings.boards'
import { m } from '../strings.measure'

export function Dashboard() {
  const { view } = useParams({ strict: false }) as { view: string }
  const known = views.find((v) => v === view)
  if (!known) return <NotFound />
  return <Shown view={known} />
}

function Shown({ view }: { view: View }) {
  const navigate = useNavigate()
  const { params, search } = useSpan(['lead_by', 'compare'])
  const query = useQuery({ ...dashboard(view, params), refetchInterval: (q) => askAgain(q.state.data?.reading || q.state.data?.report.forecast_pending) })
  const x = query.data
  const d = x?.report.view === view ? x.report : undefined
  return (
    <Stack gap="lg">
      <Lead title={`${b.title}: ${b.tabs[view]}`} sentence={d && said(d.sentence)} lines={3}>
        <p className="hint">{d ? [periodText(d.period), d.compare && b.comparedWith(periodText(d.compare.period))].filter(Boolean).join(', ') : '\u00a0'}</p>
      </Lead>
      <Tabs value={view} onChange={(to) => to && void navigate({ to: '/dashboards/$view', params: { view: to }, search: (s: Record<string, unknown>) => ({ ...s, figure: undefined }) })} data-noprint>
        <Tabs.List>
          {views.map((v) => (
            <Tabs.Tab key={v} value={v}>
              {b.tabs[v]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      <Group gap="xs" data-noprint>
        <Days />
        <Choice name="compare" label={b.compare} choices={['none', 'previous', 'year'].map((c) => [c, b.compares[c]!] as const)} width={160} />
        <Choice name="lead_by" label={m.period.leadBy} choices={Object.entries(m.period.leadByChoices)} width={200} />
        <Button size="xs" variant="default" onClick={() => window.print()}>
          {b.print}
        </Button>
      </Group>
      <Ended at={x?.data_ended_at} />
      <Rereading of={x} />
      {query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
      {!d && !query.isError && <Waiting />}
      {x && d && (
        <FiguresOf value={{ position: x.position, at: x.at, playbook: x.playbook, currency: d.currency }}>
          <Body d={d} params={{ ...params, from: d.period.first, to: d.period.last }} today={search.to ?? d.period.last} />
        </FiguresOf>
      )}
    </Stack>
  )
}

function Body({ d, params, today }: { d: Board; params: Params; today: string }) {
  if (d.empty) return <Ways to={['import', 'snippet']} docs="dashboards" />
  return (
    <>
      <section aria-label={b.figures}>
        <Group justify="flex-end" mb={4} gap={4} data-noprint>
          <Exports view={d.view} table="tiles" title={b.figures} params={params} />
        </Group>
        <Meanwhile what={m.sales.expected} pending={!!d.forecast_pending} then={d.forecast_earlier} />
        <Tiles tiles={d.tiles} params={leadParams(params)} />
      </section>
      {d.notes.length > 0 && (
        <ul className="board-notes" aria-label={b.mind}>
          {d.notes.map((n) => (
            <li key={n}>{said(n)}</li>
          ))}
        </ul>
      )}
      <div className="charts">
        {d.charts.map((c) => (
          <ChartCard key={c.id} view={d.view} chart={c} notes={d.annotations} params={params} />
        ))}
      </div>
      <Notes notes={d.annotations} today={today} />
      <Mails view={d.view} />
    </>
  )
}

// What the lists behind a figure are asked with: they know no comparison.
const leadParams = ({ compare: _, ...rest }: Params): Params => rest
