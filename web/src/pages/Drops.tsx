import type { Drop } from '../api/types'
import { type Column, DataTable, type Filter } from '../parts/DataTable'
import { count } from '../parts/format'
import { Term } from '../parts/Term'
import { sourceText } from '../parts/Timeline'
import { t } from '../strings'
import { isTerm } from '../terms'
import { Ago } from './columns'
import { DataTabs } from './DataTabs'
import { Ways } from '../parts/Ways'

const columns: Column<Drop>[] = [
  { key: 'at', head: t.data.at, cell: (d) => <Ago at={d.at} /> },
  { key: 'reason', head: t.data.reason, cell: (d) => <Reason of={d.reason} /> },
  { key: 'detail', head: t.data.detail, from: 'sm', cell: (d) => <div className="wrap">{d.detail}</div> },
  { key: 'source', head: t.data.source, from: 'md', cell: (d) => <span className="wrap">{sourceText(d) || t.unknown}</span> },
  { key: 'type', head: t.data.type, from: 'md', cell: (d) => d.type || t.unknown },
  { key: 'event', head: t.data.message, from: 'lg', cell: (d) => <code className="wrap">{d.event || t.unknown}</code> },
  { key: 'count', head: t.data.times, figure: true, cell: (d) => count(d.count) },
]

const filters: Filter[] = [{ key: 'reason', label: t.data.reason, width: 220, choices: Object.entries(t.data.reasons).map(([value, label]) => ({ value, label })) }]

function Reason({ of }: { of: string }) {
  const term = `drop_${of}`
  return isTerm(term) ? <Term name={term}>{t.data.reasons[of]}</Term> : of
}

export function Drops() {
  return (
    <DataTabs at="/data/drops">
      <DataTable
        label={t.data.drops}
        list="drops"
        columns={columns}
        filters={filters}
        live
        exportable={false}
        rowKey={(d) => d.id}
        empty={{ title: t.data.emptyDrops, hint: t.data.emptyDropsHint, action: <Ways to={['events']} docs="collect#refused-events" /> }}
      />
    </DataTabs>
  )
}
