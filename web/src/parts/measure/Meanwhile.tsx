// What takes long of a large workspace is worked out in the background: until it is there, what it was, of which moment.
import { Skeleton } from '@mantine/core'
import { useEffect, useState } from 'react'
import type { Measured, Moment } from '../../api/measure'
import { m } from '../../strings.measure'
import { moment } from '../format'
import { useBasis } from './Figure'

export function Meanwhile({ what, pending, then }: { what: string; pending: boolean; then: Moment | undefined }) {
  const { position } = useBasis()
  if (!pending) return null
  return (
    <p className="hint" role="status">
      {then ? m.meanwhile.stale(what, moment(then.at), position - then.position) : m.meanwhile.pending(what)}
    </p>
  )
}

/** While all is read anew: of which moment the figures are that stand here. */
export function Rereading({ of }: { of: Measured<unknown> | undefined }) {
  if (!of?.reading) return null
  return (
    <p className="hint" role="status">
      {m.meanwhile.reading(moment(of.at))}
    </p>
  )
}

/** The place of a measurement that is not there yet; of one that takes long, why. */
export function Waiting() {
  const [long, setLong] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), 2_000)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div>
      <p className="hint" role="status">
        {long ? m.meanwhile.first : '\u00a0'}
      </p>
      <Skeleton height={900} />
    </div>
  )
}
