import { Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { stats } from '../api/queries'
import type { Opportunity } from '../api/types'
import { type Column, DataTable, type Filter } from '../parts/DataTable'
import { day, money } from '../parts/format'
import { Lead } from '../parts/States'
import { t } from '../strings'
import { AccountLink } from './columns'

export const dealColumns: Column<Opportunity>[] = [
  {
    key: 'name',
    head: t.columns.name,
    sort: 'name',
    direction: 'ascending',
    cell: (o) => (
      <div className="cut">
        {o.name || o.external_id || o.id}
        <Text size="xs" c="dimmed" truncate>
          {o.stage || '\u00a0'}
        </Text>
      </div>
    ),
  },
  { key: 'account', head: t.columns.account, from: 'sm', cell: (o) => <div className="cut"><AccountLink account={o.account} /></div> },
  { key: 'amount', head: t.columns.amount, figure: true, sort: 'amount', cell: (o) => (Number(o.amount) === 0 ? t.unknown : money(o.amount, o.currency)) },
  { key: 'status', head: t.columns.status, cell: (o) => t.statuses[o.status] },
  { key: 'opened', head: t.columns.opened, sort: 'opened_at', from: 'md', cell: (o) => (o.undated ? t.opportunities.undated : day(o.opened_at)) },
  { key: 'closed', head: t.columns.closed, sort: 'closed_at', from: 'md', cell: (o) => day(o.closed_at) },
  { key: 'owner', head: t.columns.owner, from: 'lg', cell: (o) => o.owner || t.unknown },
  { key: 'product', head: t.columns.product, from: 'xl', cell: (o) => o.product || t.unknown },
  { key: 'loss', head: t.columns.lossReason, from: 'xl', cell: (o) => o.loss_reason || t.unknown },
]

const filters: Filter[] = [
  { key: 'q', label: t.table.search, type: 'search' },
  { key: 'status', label: t.columns.status, choices: Object.entries(t.statuses).map(([value, label]) => ({ value, label })) },
  { key: 'owner', label: t.columns.owner },
  { key: 'product', label: t.columns.product },
]

export function Opportunities() {
  const o = useQuery(stats).data?.opportunities
  return (
    <Stack>
      <Lead title={t.opportunities.title} sentence={o && t.opportunities.sentence(o.open, o.won, money(o.won_amount, o.currency))} />
      <DataTable
        label={t.opportunities.title}
        list="opportunities"
        columns={dealColumns}
        filters={filters}
        defaultSort="opened_at"
        rowKey={(x) => x.id}
        empty={{ title: t.opportunities.empty, hint: t.opportunities.emptyHint }}
      />
    </Stack>
  )
}
