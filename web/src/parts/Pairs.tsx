import { Fragment, type ReactNode } from 'react'
import { Text, Title } from '@mantine/core'
import type { TermName } from '../terms'
import { Term } from './Term'

/** What is known, as names and values. Values that are empty are left out. */
export function Pairs({ title, term, pairs }: { title: string; term?: TermName; pairs: readonly (readonly [string, ReactNode])[] }) {
  const known = pairs.filter(([, v]) => v !== '' && v !== null && v !== undefined)
  if (known.length === 0) return null
  return (
    <section aria-label={title}>
      <Title order={2} mb="xs">
        {term ? <Term name={term}>{title}</Term> : title}
      </Title>
      <Text component="dl" className="pairs" size="sm">
        {known.map(([name, value], i) => (
          <Fragment key={name + i}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </Text>
    </section>
  )
}

/** A trait's value as text, whatever its JSON shape. */
export function traitText(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.map(traitText).join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

export const traitPairs = (traits: Record<string, unknown>) =>
  Object.keys(traits)
    .sort()
    .map((k) => [k.replaceAll('_', ' '), traitText(traits[k])] as const)
