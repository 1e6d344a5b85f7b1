import { Fragment, type ReactNode } from 'react'
import { Text, Title } from '@mantine/core'
import type { TermName } from '../terms'
import { count } from './format'
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

/** A trait's value as text, whatever its JSON shape: large numbers grouped, the name of a year is not one. */
export function traitText(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return Math.abs(value) < 10_000 ? String(value) : count(value)
  if (Array.isArray(value)) return value.map(traitText).join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** "annual_revenue" as "Annual revenue". */
export const traitName = (key: string) => key.charAt(0).toUpperCase() + key.slice(1).replaceAll('_', ' ')

export const traitPairs = (traits: Record<string, unknown>) =>
  Object.keys(traits)
    .sort()
    .map((k) => [traitName(k), traitText(traits[k])] as const)
