import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { stats } from '../api/queries'
import { type Column, DataTable, type Filter } from '../parts/DataTable'
import { nameOf } from '../parts/format'
import { Lead } from '../parts/States'
import { gradeChoices, roleChoices, stageChoices } from '../parts/words'
import type { Contact } from '../api/types'
import { t } from '../strings'
import { country, grade, intent, lastSeen, ofAccount, owner, person, personStage, role } from './columns'

// The queue has one order, by intent.
const columns: Column<Contact>[] = [{ ...person, sort: undefined }, ofAccount, role, grade, { ...intent, sort: undefined }, personStage, lastSeen, owner, country]

const filters: Filter[] = [
  { key: 'q', label: t.table.search, type: 'search' },
  { key: 'stage', label: t.columns.stage, choices: stageChoices },
  { key: 'grade', label: t.columns.grade, choices: gradeChoices },
  { key: 'role', label: t.columns.role, choices: roleChoices },
  { key: 'owner', label: t.columns.owner },
  { key: 'min_intent', label: t.columns.minIntent, type: 'number' },
]

export function Leads() {
  const s = useQuery(stats).data
  return (
    <Stack>
      <Lead title={t.leads.title} sentence={s && t.leads.sentence(s.mql)} />
      <DataTable
        label={t.leads.title}
        list="leads"
        columns={columns}
        filters={filters}
        rowKey={(c) => c.id}
        why={(c) => ({ id: c.id, name: nameOf(c) })}
        empty={{ title: t.leads.empty, hint: t.leads.emptyHint }}
      />
    </Stack>
  )
}
