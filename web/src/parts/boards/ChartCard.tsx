// One chart: its answer as the title, drawn or as numbers, with the way to its page and its file.
import { Button, Group, Title } from '@mantine/core'
import { useState } from 'react'
import { type Annotation, type Chart, tableAddress, type View } from '../../api/boards'
import type { Params } from '../../api/client'
import { b } from '../../strings.boards'
import { said } from '../measure/figures'
import { useMay } from '../may'
import { Months } from './Months'
import { Place } from './Place'
import { Rows } from './Rows'

export function Exports({ view, table, title, params }: { view: View; table: string; title: string; params: Params }) {
  const may = useMay()
  if (!may('export')) return null
  return (['CSV', 'NDJSON'] as const).map((format) => (
    <Button key={format} size="compact-xs" variant="subtle" color="gray" c="dimmed" component="a" href={tableAddress(view, table, format === 'CSV' ? 'csv' : 'ndjson', params)} download aria-label={b.exportOf(title, format)}>
      {b.export(format)}
    </Button>
  ))
}

export function ChartCard({ view, chart, notes, params }: { view: View; chart: Chart; notes: readonly Annotation[]; params: Params }) {
  const [numbers, setNumbers] = useState(false)
  const months = chart.kind === 'months'
  return (
    <section aria-labelledby={`chart-${chart.id}`} className="chart-card" data-wide={chart.columns.length > 4 || undefined}>
      <Group justify="space-between" align="start" gap="xs" mb={4} wrap="nowrap">
        <div>
          <p className="hint small">{chart.link ? <Place link={chart.link}>{chart.label}</Place> : chart.label}</p>
          <Title order={2} id={`chart-${chart.id}`}>
            {said(chart.title)}
          </Title>
        </div>
        <Group gap={4} data-noprint className="chart-acts">
          {months && chart.rows.length > 0 && (
            <Button size="compact-xs" variant="subtle" color="gray" c="dimmed" aria-pressed={numbers} aria-label={numbers ? b.asChartOf(chart.label) : b.asTableOf(chart.label)} onClick={() => setNumbers(!numbers)}>
              {numbers ? b.asChart : b.asTable}
            </Button>
          )}
          {chart.rows.length > 0 && <Exports view={view} table={chart.id} title={chart.label} params={params} />}
        </Group>
      </Group>
      {months && !numbers ? <Months chart={chart} notes={notes} /> : <Rows chart={chart} drawn={chart.kind === 'bars'} />}
    </section>
  )
}
