// What takes long of a large workspace is worked out in the background: until it is there, what it was, of which moment.
import type { Moment } from '../../api/measure'
import { m } from '../../strings.measure'
import { moment } from '../format'
import { useBasis } from './Figure'

/** How long until a page asks again for what was pending, in milliseconds; false: it was not. */
export const askAgain = (pending: boolean | undefined) => (pending ? 2_000 : false)

export function Meanwhile({ what, pending, then }: { what: string; pending: boolean; then: Moment | undefined }) {
  const { position } = useBasis()
  if (!pending) return null
  return (
    <p className="hint" role="status">
      {then ? m.meanwhile.stale(what, moment(then.at), position - then.position) : m.meanwhile.pending(what)}
    </p>
  )
}
