import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { stats } from '../api/queries'
import type { Contact } from '../api/types'
import { type Column, DataTable, type Filter } from '../parts/DataTable'
import { nameOf } from '../parts/format'
import { useAssigning } from '../parts/sales/Assigning'
import { Lead } from '../parts/States'
import { useOpening, Views } from '../parts/Views'
import { fitChoices, gradeChoices, roleChoices, stageChoices } from '../parts/words'
import { t } from '../strings'
import { Ago, country, grade, intent, lastSeen, moreOfPeople, ofAccount, owner, person, personStage, role, stageAt } from './columns'
import { Ways } from '../parts/Ways'

const columns: Column<Contact>[] = [
  person,
  { key: 'email', head: t.columns.email, sort: 'email', direction: 'ascending', from: 'lg', cell: (c) => <div className="held">{c.email || t.unknown}</div> },
  ofAccount,
  role,
  grade,
  intent,
  personStage,
  { key: 'first', exports: ['first_seen_at'], head: t.columns.firstSeen, from: 'xl', cell: (c) => <Ago at={c.first_seen_at} /> },
  lastSeen,
  { ...owner, from: 'xxl' },
  { ...country, from: 'xxl' },
  ...moreOfPeople,
  stageAt,
]

const filters: Filter[] = [
  { key: 'q', label: t.table.search, type: 'search' },
  { key: 'stage', label: t.columns.stage, choices: stageChoices },
  { key: 'fit', label: t.columns.fit, choices: fitChoices },
  { key: 'grade', label: t.columns.grade, choices: gradeChoices },
  { key: 'role', label: t.columns.role, choices: roleChoices },
  { key: 'owner', label: t.columns.owner },
]

const walked = ['newest', 'name', 'email']
const keyOf = (c: Contact) => c.id
const whyOf = (c: Contact) => ({ id: c.id, name: nameOf(c) })

export function Contacts() {
  const ready = useOpening('contacts')
  const s = useQuery(stats).data
  const assigning = useAssigning<Contact>()
  return (
    <Stack>
      <Lead title={t.contacts.title} sentence={s && t.contacts.sentence(s.contacts, s.mql)} beside={<Views page="contacts" />} />
      {ready && (
        <DataTable
          label={t.contacts.title}
          list="contacts"
          columns={columns}
          filters={filters}
          hidden={['account']}
          defaultSort="newest"
          walked={walked}
          {...assigning.table}
          rowKey={keyOf}
          why={whyOf}
          empty={{ title: t.contacts.empty, hint: t.contacts.emptyHint, action: <Ways to={['import', 'snippet']} docs="imports#what-is-recognised" /> }}
        />
      )}
      {assigning.form}
    </Stack>
  )
}
