import { Button, Group, SegmentedControl, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { stats } from '../api/queries'
import type { Opportunity } from '../api/types'
import { type Column, DataTable, type Filter } from '../parts/DataTable'
import { day, dealName, money } from '../parts/format'
import { To } from '../parts/Links'
import { useListing } from '../parts/Listing'
import { useMay } from '../parts/may'
import { Board } from '../parts/sales/Board'
import { NewDeal, useDealForms } from '../parts/sales/forms'
import { Lead } from '../parts/States'
import { useOpening, Views } from '../parts/Views'
import { t } from '../strings'
import { s } from '../strings.sales'
import '../sales.css'
import { AccountLink } from './columns'
import { Ways } from '../parts/Ways'

export const dealColumns: Column<Opportunity>[] = [
  {
    key: 'name',
    stays: 'first',
    exports: ['name', 'stage'],
    head: t.columns.name,
    sort: 'name',
    direction: 'ascending',
    cell: (o) => (
      <div className="held">
        <To to="/opportunities/$id" params={{ id: o.id }} search={{}}>
          {dealName(o)}
        </To>
        <Text size="xs" c="dimmed">
          {o.stage || '\u00a0'}
        </Text>
      </div>
    ),
  },
  { key: 'account', head: t.columns.account, from: 'sm', cell: (o) => <div className="held"><AccountLink account={o.account} /></div> },
  { key: 'amount', exports: ['amount', 'currency'], head: t.columns.amount, figure: true, sort: 'amount', cell: (o) => (Number(o.amount) === 0 ? t.unknown : money(o.amount, o.currency)) },
  { key: 'status', head: t.columns.status, cell: (o) => t.statuses[o.status] },
  { key: 'opened', exports: ['opened_at'], head: t.columns.opened, sort: 'opened_at', from: 'md', cell: (o) => (o.undated ? t.opportunities.undated : day(o.opened_at)) },
  { key: 'closed', exports: ['closed_at'], head: t.columns.closed, sort: 'closed_at', from: 'md', cell: (o) => day(o.closed_at) },
  { key: 'owner', head: t.columns.owner, from: 'lg', cell: (o) => o.owner || t.unknown },
  { key: 'product', head: t.columns.product, from: 'xl', cell: (o) => o.product || t.unknown },
  { key: 'loss', exports: ['loss_reason'], head: t.columns.lossReason, from: 'xl', cell: (o) => o.loss_reason || t.unknown },
]

const filters: Filter[] = [
  { key: 'q', label: t.table.search, type: 'search' },
  { key: 'status', label: t.columns.status, choices: Object.entries(t.statuses).map(([value, label]) => ({ value, label })) },
  { key: 'owner', label: t.columns.owner },
  { key: 'product', label: t.columns.product },
]

// The table has its filters in the address; without any, the board comes first.
export function Opportunities() {
  const ready = useOpening('opportunities')
  const o = useQuery(stats).data?.opportunities
  const may = useMay()('sales')
  const navigate = useNavigate()
  const { search } = useListing()
  const [making, setMaking] = useState(false)
  useDealForms(may)
  const asked = ['q', 'status', 'product', 'sort', 'cursor', 'columns'].some((k) => search[k])
  const view = search.view ?? (asked ? 'table' : 'board')
  return (
    <Stack>
      <Lead title={t.opportunities.title} sentence={o && t.opportunities.sentence(o.open, o.won, money(o.won_amount, o.currency))} beside={<Views page="opportunities" more={{ view }} />} />
      <Group justify="space-between">
        <SegmentedControl
          size="xs"
          aria-label={s.deals.view}
          value={view}
          onChange={(v) => void navigate({ to: '.', search: v === 'table' ? { ...search, view: v } : { owner: search.owner, columns: search.columns, saved: search.saved, view: v } })}
          data={[{ value: 'board', label: s.deals.board }, { value: 'table', label: s.deals.table }]}
        />
        {may && (
          <Button size="xs" onClick={() => setMaking(true)}>
            {s.deals.create}
          </Button>
        )}
      </Group>
      {!ready ? null : view === 'board' ? (
        <Board filter={{ owner: search.owner }} />
      ) : (
        <DataTable
          label={t.opportunities.title}
          list="opportunities"
          columns={dealColumns}
          filters={filters}
          defaultSort="opened_at"
          walked={['opened_at', 'closed_at', 'amount', 'name']}
          rowKey={(x) => x.id}
          empty={{ title: t.opportunities.empty, hint: t.opportunities.emptyHint, action: <Ways to={['import']} docs="handoff#opportunities" /> }}
        />
      )}
      {making && <NewDeal close={() => setMaking(false)} made={(x) => void navigate({ to: '/opportunities/$id', params: { id: x.id }, search: {} })} />}
    </Stack>
  )
}
