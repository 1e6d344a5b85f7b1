// What the measurement's pages share: the choice of the span of days, loading, and the basis that their figures stand on.
import { Group, NativeSelect, Stack, TextInput } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { type ReactNode, useDeferredValue } from 'react'
import type { Measured } from '../../api/measure'
import { m } from '../../strings.measure'
import type { Report } from '../../api/reports'
import { ButtonTo } from '../Links'
import { type Search, useListing } from '../Listing'
import { useMay } from '../may'
import { Failed, Lead } from '../States'
import { Help } from '../Term'
import { choiceTerms } from './explained'
import './measure.css'
import { Ended } from './Ended'
import { FiguresOf } from './Figure'
import { Rereading, Waiting } from './Meanwhile'
import { spanOf, spans } from './span'

/** A choice that stands in the URL; the first is the default and leaves it. */
export function Choice({ name, label, choices, width = 170 }: { name: string; label: string; choices: readonly (readonly [string, string])[]; width?: number }) {
  const { search, set } = useListing()
  const first = choices[0]?.[0] ?? ''
  const value = search[name] ?? first
  const term = choiceTerms[name]
  const select = (
    <NativeSelect
      size="xs"
      w={width}
      aria-label={label}
      value={choices.some(([v]) => v === value) ? value : first}
      onChange={(e) => set(name, e.currentTarget.value === first ? '' : e.currentTarget.value)}
      data={choices.map(([v, words]) => ({ value: v, label: words }))}
    />
  )
  if (!term) return select
  return (
    <Group gap={0} wrap="nowrap">
      {select}
      <Help name={term} />
    </Group>
  )
}

/** The choice of the span of days. */
export function Days() {
  const { search, set } = useListing()
  const span = spanOf(search)
  return (
    <>
      <Choice name="period" label={m.period.label} choices={(['year', ...spans.filter((s) => s !== 'year')] as const).map((s) => [s, m.period.choices[s]] as const)} width={150} />
      {span === 'custom' &&
        (['from', 'to'] as const).map((name) => (
          <TextInput key={name} size="xs" w={140} type="date" aria-label={m.period[name]} value={search[name] ?? ''} onChange={(e) => set(name, e.currentTarget.value)} />
        ))}
    </>
  )
}

type Props<T> = {
  title: string
  query: UseQueryResult<Measured<T>>
  sentence: (report: T) => ReactNode
  /** What it is of, in days as the report has them. */
  period: (report: T) => string
  currency: (report: T) => string
  controls?: ReactNode
  /** The report that these figures can be published as. */
  publish?: Report['kind']
  children: (report: T, old: boolean) => ReactNode
}

/** What a report asks as the page does. */
const asked = ['period', 'from', 'to', 'lead_by', 'horizon_days', 'lag_days', 'gross_margin', 'by', 'measure']
const kept = (search: Search): Search => Object.fromEntries(asked.map((name) => [name, search[name]]))

/** A page about one measurement: the answer in a sentence, the choices, then what the caller makes of the report. */
export function MeasurePage<T>({ title, query, sentence, period, currency, controls, publish, children }: Props<T>) {
  const x = useDeferredValue(query.data) // drawn a few milliseconds at a time
  const { search } = useListing()
  const may = useMay()
  return (
    <Stack gap="lg">
      <Lead title={title} sentence={x && sentence(x.report)} lines={4}>
        <p className="hint">{(x && period(x.report)) || '\u00a0'}</p>
      </Lead>
      <Group gap="xs" data-noprint>
        <Days />
        {controls}
        {publish && may('write') && (
          <ButtonTo size="xs" variant="default" to="/reports" search={{ ...kept(search), publish }}>
            {m.publish}
          </ButtonTo>
        )}
      </Group>
      <Ended at={x?.data_ended_at} />
      <Rereading of={x} />
      {query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
      {!query.isError && !x && <Waiting />}
      {x && <FiguresOf value={{ position: x.position, at: x.at, playbook: x.playbook, currency: currency(x.report) }}>{children(x.report, query.isPlaceholderData)}</FiguresOf>}
    </Stack>
  )
}
