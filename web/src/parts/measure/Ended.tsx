// Of data that ended long ago, the last twelve months show nothing: this says when they ended, and shows the twelve months up to then.
import { Text } from '@mantine/core'
import type { Time } from '../../api/types'
import { m } from '../../strings.measure'
import { To } from '../Links'
import { useListing } from '../Listing'
import { daysOf, spanOf } from './span'
import { dayOf } from './words'

/** at: when the data ended, null where they go on. */
export function Ended({ at }: { at: Time | undefined }) {
  const { search } = useListing()
  if (!at) return null
  const { from, to } = daysOf('year', new Date(at))
  if (spanOf(search) === 'custom' && (search.from ?? '') <= to) return null
  return (
    <Text size="sm" data-noprint>
      {m.ended.says(dayOf(to))}{' '}
      <To to="." search={(before: Record<string, unknown>) => ({ ...before, period: 'custom', from, to })} underline="always">
        {m.ended.show}
      </To>
    </Text>
  )
}
