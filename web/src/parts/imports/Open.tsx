// What a file's cells may leave open: the order of dates, the decimal sign, currency and time zone, and words of the source that nobody knows.
import { NativeSelect, Text, TextInput, Title } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import type { Inspected, MappingDocument } from '../../api/types'
import { im } from '../../strings.imports'
import type { TermName } from '../../terms'
import { Help, Term } from '../Term'
import { means, ordered } from './mapping'

/** A field with a "?" at the end of its label's line. */
export function Asked({ term, children }: { term: TermName; children: ReactNode }) {
  return (
    <div className="asked">
      {children}
      <Help name={term} />
    </div>
  )
}

type Props = { of: Inspected; mapping: MappingDocument; change: (m: MappingDocument) => void; disabled: boolean }

export function Open({ of, mapping, change, disabled }: Props) {
  const { dates, decimals, currency, timezone } = of
  const order = mapping.date_format?.find((f) => f === 'dmy' || f === 'mdy') ?? ''
  const choice = (words: Record<string, string>, found: string) => Object.entries(words).map(([value, label]) => ({ value, label: value === '' && found ? im.now(words[found] ?? found) : label }))
  return (
    <div className="open">
      {(dates.cells > 0 || dates.said) && (
        <Asked term="dateOrder"><NativeSelect size="xs" label={im.dates} description={dates.open && im.open} disabled={disabled} value={order} onChange={(e) => change(ordered(mapping, e.currentTarget.value))} data={choice(im.dateOrders, order ? '' : dates.value)} /></Asked>
      )}
      {(decimals.cells > 0 || decimals.said) && (
        <Asked term="decimalSign"><NativeSelect size="xs" label={im.decimals} description={decimals.open && im.open} disabled={disabled} value={mapping.decimal ?? ''} onChange={(e) => change({ ...mapping, decimal: e.currentTarget.value })} data={choice(im.decimalSigns, mapping.decimal ? '' : decimals.value)} /></Asked>
      )}
      {(currency.cells > 0 || currency.said) && (
        <Asked term="importCurrency"><Currency value={mapping.currency ?? ''} now={currency.value} change={(c) => change({ ...mapping, currency: c })} disabled={disabled} /></Asked>
      )}
      {(timezone.cells > 0 || timezone.said) && (
        <Asked term="importZone"><NativeSelect size="xs" label={im.zone} disabled={disabled} value={mapping.timezone ?? ''} onChange={(e) => change({ ...mapping, timezone: e.currentTarget.value })} data={[{ value: '', label: timezone.said ? 'UTC' : timezone.value }, ...zones(mapping.timezone)]} /></Asked>
      )}
    </div>
  )
}

const zones = (chosen: string | undefined) => {
  const all = Intl.supportedValuesOf('timeZone')
  return chosen && !all.includes(chosen) ? [chosen, ...all] : all
}

// It goes into the mapping when it is a currency.
function Currency({ value, now, change, disabled }: { value: string; now: string; change: (c: string) => void; disabled: boolean }) {
  const [text, setText] = useState(value)
  const wrong = text !== '' && !/^[A-Za-z]{3}$/.test(text)
  return (
    <TextInput
      size="xs"
      label={im.currency}
      placeholder={now}
      maxLength={3}
      value={text}
      disabled={disabled}
      error={wrong && im.currencyWrong}
      onChange={(e) => {
        const next = e.currentTarget.value.toUpperCase()
        setText(next)
        if (next === '' || /^[A-Z]{3}$/.test(next)) change(next)
      }}
    />
  )
}

/** The stages and lifecycle words that nobody knows, each with its meaning to choose. */
export function Words({ of, mapping, change, disabled }: Props) {
  const stages = [...new Set([...of.stages, ...Object.keys(mapping.stage_map ?? {})])]
  const words = [...new Set([...of.lifecycle, ...Object.keys(mapping.lifecycle_map ?? {})])]
  if (stages.length + words.length === 0) return null
  return (
    <section aria-label={im.words}>
      <Title order={3}><Term name="sourceWords">{im.words}</Term></Title>
      {stages.length > 0 && (
        <>
          <Text size="sm" c="dimmed" mb={6}>
            {im.stagesHint}
          </Text>
          <div className="open">
            {stages.map((s) => (
              <NativeSelect key={s} size="xs" label={s} disabled={disabled} value={mapping.stage_map?.[s] ?? ''} onChange={(e) => change({ ...mapping, stage_map: means(mapping.stage_map, s, e.currentTarget.value) })} data={Object.entries(im.stageMeans).map(([value, label]) => ({ value, label }))} />
            ))}
          </div>
        </>
      )}
      {words.length > 0 && (
        <>
          <Text size="sm" c="dimmed" my={6}>
            {im.lifecycleHint}
          </Text>
          <div className="open">
            {words.map((w) => (
              <NativeSelect
                key={w}
                size="xs"
                label={w}
                disabled={disabled}
                value={mapping.lifecycle_map?.[w] ?? ''}
                onChange={(e) => change({ ...mapping, lifecycle_map: means(mapping.lifecycle_map, w, e.currentTarget.value) })}
                data={[{ value: '', label: im.leaveWord }, ...['lead', 'mql', 'accepted', 'sql', 'opportunity', 'customer', 'recycled', 'disqualified'].map((value) => ({ value, label: im.field(value) }))]}
              />
            ))}
          </div>
        </>
      )}
    </section>
  )
}
