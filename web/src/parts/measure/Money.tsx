import type { Total } from '../../api/measure'
import { m } from '../../strings.measure'
import { minorMoney } from './figures'

/** Money added up: what has no exchange rate stands in its own currency beside the rest. */
export function Money({ total }: { total: Total }) {
  if (total.rows === 0) return m.none
  return (
    <>
      {minorMoney(total.minor, total.currency)}
      {(total.unconverted ?? []).map((a) => (
        <span key={a.currency} className="two">
          + {minorMoney(a.minor, a.currency)}
        </span>
      ))}
    </>
  )
}
