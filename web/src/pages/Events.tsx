import type { Event } from '../api/types'
import { type Column, DataTable, type Filter } from '../parts/DataTable'
import { factWords } from '../parts/Timeline'
import { Ways } from '../parts/Ways'
import { t } from '../strings'
import { AccountLink, Ago, ContactLink } from './columns'
import { DataTabs } from './DataTabs'

const columns: Column<Event>[] = [
  { key: 'at', head: t.data.at, cell: (e) => <Ago at={e.received_at} /> },
  { key: 'what', head: t.data.what, cell: (e) => <div className="wrap">{factWords(e)}</div> },
  {
    key: 'who',
    head: t.data.who,
    cell: (e) => <div className="cut">{e.contact ? <ContactLink contact={e.contact} /> : e.account ? <AccountLink account={e.account} /> : (e.subject?.value ?? t.data.anonymous)}</div>,
  },
  { key: 'source', head: t.data.source, from: 'md', cell: (e) => e.source },
  { key: 'flags', head: t.data.marks, silent: true, from: 'lg', cell: (e) => (e.flags ?? []).map((f) => t.timeline.flags[f] ?? f).join(', ') },
]

const kinds = ['identify', 'track', 'page', 'screen', 'group', 'alias', 'contact', 'account', 'opportunity', 'stage', 'merge', 'playbook', 'erased']
const filters: Filter[] = [{ key: 'kind', label: t.data.kind, width: 190, choices: kinds.map((k) => ({ value: k, label: t.timeline.kinds[k] ?? k })) }]

export function Events() {
  return (
    <DataTabs at="/data/events">
      <DataTable
        label={t.data.events}
        list="events"
        columns={columns}
        filters={filters}
        hidden={['import']}
        live
        rowKey={(e) => e.position}
        empty={{
          title: t.data.emptyEvents,
          hint: t.data.emptyEventsHint,
          action: <Ways to={['snippet']} docs="collect" />,
        }}
      />
    </DataTabs>
  )
}
