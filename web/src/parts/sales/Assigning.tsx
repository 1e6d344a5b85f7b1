// Rows of a list are chosen and given an owner: what the lists of accounts and of contacts have.
import { Button } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { type ReactNode, useState } from 'react'
import { s } from '../../strings.sales'
import { type Chosen, useChosen } from '../Choosing'
import { nameOf } from '../format'
import { useMay } from '../may'
import { LeadDialogs } from './forms'
import type { Asking } from './LeadDialogs'
import { type Subject, useLeadActs } from './useActs'

type Row = { id: string; name: string; email?: string; domain?: string; stage: Subject['stage']; stage_position: number; owner: string }

const subjectOf = (x: Row): Subject => ({ id: x.id, name: nameOf(x), stage: x.stage, stage_position: x.stage_position, owner: x.owner })

/** What a table of such rows takes, and the form to put beside it. Rows can be chosen by whoever may do something with them. */
export function useAssigning<T extends Row>(): { table: { choosing?: { chosen: Chosen<T>; nameOf: (row: T) => string; acts?: ReactNode }; acts?: Record<string, (row: T) => void> }; form: ReactNode } {
  const may = useMay()
  const chosen = useChosen<T>()
  const acts = useLeadActs()
  const [asking, setAsking] = useState<Asking>()
  const ask = (rows: T[]) => {
    acts.assign.reset()
    setAsking({ what: 'assign', subjects: rows.map(subjectOf) })
  }
  const sales = may('sales')
  useHotkeys(sales ? [['u', acts.undoLast]] : [])
  if (!sales && !may('export')) return { table: {}, form: null }
  const go = (
    <Button size="compact-xs" onClick={() => ask([...chosen.rows.values()])}>
      {s.assign}…
    </Button>
  )
  return {
    table: {
      choosing: { chosen, nameOf, ...(sales && { acts: go }) },
      ...(sales && { acts: { s: (row: T) => ask(chosen.rows.size > 0 ? [...chosen.rows.values()] : [row]) } }),
    },
    form: <LeadDialogs asking={asking} acts={acts} close={() => setAsking(undefined)} done={chosen.clear} />,
  }
}
