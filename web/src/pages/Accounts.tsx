import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { stats } from '../api/queries'
import type { Account } from '../api/types'
import { type Column, DataTable, type Filter } from '../parts/DataTable'
import { count, nameOf } from '../parts/format'
import { useAssigning } from '../parts/sales/Assigning'
import { Lead } from '../parts/States'
import { useOpening, Views } from '../parts/Views'
import { fitChoices, gradeChoices, stageChoices, stageName } from '../parts/words'
import { To } from '../parts/Links'
import { t } from '../strings'
import { accountStage, country, grade, intent, lastSeen, moreOfAccounts, owner } from './columns'
import { Ways } from '../parts/Ways'

const columns: Column<Account>[] = [
  {
    key: 'name',
    stays: 'first',
    exports: ['name', 'domain'],
    head: t.columns.account,
    sort: 'name',
    direction: 'ascending',
    cell: (a) => (
      <div className="held">
        <To to="/accounts/$id" params={{ id: a.id }} search={{}}>
          {nameOf(a)}
        </To>
        <p className="below">
          {a.domain || '\u00a0'}
        </p>
      </div>
    ),
  },
  { key: 'industry', head: t.columns.industry, from: 'lg', cell: (a) => <div className="held word">{a.industry || t.unknown}</div> },
  { key: 'employees', head: t.columns.employees, from: 'lg', figure: true, cell: (a) => (a.employees ? count(a.employees) : t.unknown) },
  grade,
  intent,
  accountStage,
  { key: 'people', head: t.columns.people, from: 'md', figure: true, cell: (a) => count(a.people) },
  { key: 'roles', exports: ['roles_engaged'], head: t.columns.roles, from: 'xl', figure: true, cell: (a) => count(a.roles_engaged) },
  { key: 'deals', exports: ['open', 'won', 'lost'], head: t.columns.deals, from: 'lg', figure: true, cell: (a) => `${count(a.open)} / ${count(a.won)} / ${count(a.lost)}` },
  lastSeen,
  { ...owner, from: 'xxl' },
  { ...country, from: 'xxl' },
  ...moreOfAccounts,
]

const filters: Filter[] = [
  { key: 'q', label: t.table.search, type: 'search' },
  { key: 'stage', label: t.columns.stage, choices: stageChoices.map((s) => (s.value === 'mql' ? { ...s, label: stageName('mql', 'account') } : s)) },
  { key: 'fit', label: t.columns.fit, choices: fitChoices },
  { key: 'grade', label: t.columns.grade, choices: gradeChoices },
  { key: 'industry', label: t.columns.industry },
  { key: 'owner', label: t.columns.owner },
]

const walked = ['intent', 'newest', 'name']
const keyOf = (a: Account) => a.id
const whyOf = (a: Account) => ({ id: a.id, name: nameOf(a) })

export function Accounts() {
  const ready = useOpening('accounts')
  const s = useQuery(stats).data
  const assigning = useAssigning<Account>()
  return (
    <Stack>
      <Lead title={t.accounts.title} sentence={s && t.accounts.sentence(s.accounts, s.mqa)} beside={<Views page="accounts" />} />
      {ready && (
        <DataTable
          label={t.accounts.title}
          list="accounts"
          columns={columns}
          filters={filters}
          defaultSort="intent"
          walked={walked}
          {...assigning.table}
          rowKey={keyOf}
          why={whyOf}
          empty={{ title: t.accounts.empty, hint: t.accounts.emptyHint, action: <Ways to={['import', 'snippet']} docs="imports#what-is-recognised" /> }}
        />
      )}
      {assigning.form}
    </Stack>
  )
}
