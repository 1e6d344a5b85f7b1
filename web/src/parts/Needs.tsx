import type { ReactNode } from 'react'
import { t } from '../strings'
import { type Scope, useMay } from './may'
import { Empty } from './States'

/** What only some roles see: the others are told so, where an address brought them here. */
export function Needs({ scope, children }: { scope: Scope; children: ReactNode }) {
  return useMay()(scope) ? children : <Empty title={t.error.forbidden} hint={t.error.forbiddenHint} />
}
