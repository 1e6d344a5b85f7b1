import { Button, Group, Text } from '@mantine/core'
import { type Tail, useTail } from '../api/tail'
import type { Event } from '../api/types'
import { type Column, DataTable, type Filter } from '../parts/DataTable'
import { count } from '../parts/format'
import { listParams, useListing } from '../parts/Listing'
import { useMay } from '../parts/may'
import { factWords, sourceText } from '../parts/Timeline'
import { Ways } from '../parts/Ways'
import { t } from '../strings'
import { AccountLink, Ago, ContactLink } from './columns'
import { DataTabs } from './DataTabs'

const columns: Column<Event>[] = [
  { key: 'at', head: t.data.at, cell: (e) => <Ago at={e.received_at} /> },
  { key: 'what', head: t.data.what, cell: (e) => <div className="wrap">{factWords(e, true)}</div> },
  {
    key: 'who',
    head: t.data.who,
    cell: (e) => <div className="cut">{e.contact ? <ContactLink contact={e.contact} /> : e.account ? <AccountLink account={e.account} /> : (e.subject?.value ?? t.data.anonymous)}</div>,
  },
  { key: 'source', head: t.data.source, from: 'md', cell: (e) => <span className="wrap">{sourceText(e)}</span> },
  { key: 'flags', head: t.data.marks, silent: true, from: 'lg', cell: (e) => (e.flags ?? []).map((f) => t.timeline.flags[f] ?? f).join(', ') },
]

const kinds = ['identify', 'track', 'page', 'screen', 'group', 'alias', 'contact', 'account', 'opportunity', 'stage', 'merge', 'playbook', 'erased']
const filters: Filter[] = [{ key: 'kind', label: t.data.kind, width: 190, choices: kinds.map((k) => ({ value: k, label: t.timeline.kinds[k] ?? k })) }]

const hidden = ['import']

export function Events() {
  const { search } = useListing()
  const first = !search.cursor
  const tail = useTail(listParams(search, [...filters.map((x) => x.key), ...hidden]), useMay()('intake') && first)
  return (
    <DataTabs at="/data/events">
      {first && <Following tail={tail} />}
      <DataTable
        label={t.data.events}
        list="events"
        columns={columns}
        filters={filters}
        hidden={hidden}
        live={tail.paused ? 'paused' : tail.state !== 'live'}
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

/** Whether the page follows what comes in, and the ways to stop that and go on. */
function Following({ tail }: { tail: Tail }) {
  const state = tail.paused ? 'paused' : tail.state
  return (
    <Group gap="sm" mb="sm">
      <Text size="sm" role="status" className={state === 'broken' ? 'bad' : undefined}>
        {t.data.following[state]}
      </Text>
      {tail.paused && tail.waiting > 0 && <Text size="sm">{t.data.newer(count(tail.waiting), tail.waiting)}</Text>}
      {state === 'broken' && (
        <Button size="compact-xs" variant="default" onClick={tail.retry}>
          {t.data.connectNow}
        </Button>
      )}
      <Button size="compact-xs" variant="default" onClick={tail.paused ? tail.resume : tail.pause}>
        {tail.paused ? t.data.resume : t.data.pause}
      </Button>
    </Group>
  )
}
