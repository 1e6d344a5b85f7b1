import { Text } from '@mantine/core'
import type { AccessEntry } from '../api/types'
import { type Column, DataTable } from '../parts/DataTable'
import { t } from '../strings'
import { Ago } from './columns'
import { SettingsTabs } from './SettingsTabs'
import { Ways } from '../parts/Ways'

const columns: Column<AccessEntry>[] = [
  { key: 'at', head: t.accessLog.at, cell: (e) => <Ago at={e.at} /> },
  {
    key: 'who',
    head: t.accessLog.who,
    cell: (e) => (
      <>
        {e.actor}
        {t.accessLog.kinds[e.actor_kind] && t.accessLog.kinds[e.actor_kind] !== e.actor && (
          <Text size="xs" c="dimmed">
            {t.accessLog.kinds[e.actor_kind]}
          </Text>
        )}
      </>
    ),
  },
  { key: 'did', head: t.accessLog.did, cell: (e) => t.accessLog.actions[e.action] ?? e.action },
  {
    key: 'target',
    head: t.accessLog.target,
    cell: (e) => (
      <>
        <span className="wrap">{e.target || e.target_id}</span>
        {e.detail && (
          <Text size="xs" c="dimmed" className="wrap">
            {e.detail}
          </Text>
        )}
      </>
    ),
  },
  { key: 'from', head: t.accessLog.from, from: 'md', cell: (e) => e.address },
]

const actions = Object.entries(t.accessLog.actions).map(([value, label]) => ({ value, label }))

export function AccessLog() {
  return (
    <SettingsTabs at="/settings/access-log" title={t.accessLog.title} sentence={t.accessLog.sentence}>
      <DataTable
        label={t.accessLog.title}
        list="access-log"
        columns={columns}
        rowKey={(e) => e.id}
        filters={[{ key: 'action', label: t.accessLog.action, choices: actions, width: 190 }]}
        exportable={false}
        empty={{ title: t.accessLog.empty, hint: t.accessLog.emptyHint, action: <Ways to={['people']} docs="access#the-access-log" /> }}
      />
    </SettingsTabs>
  )
}
