// The buying committee by role: who is known, who is engaged, and where nobody is.
import { Text, Title } from '@mantine/core'
import type { CommitteeRole, Contact } from '../api/types'
import { To } from './Links'
import { t } from '../strings'
import { Term } from './Term'
import { ago, nameOf, points } from './format'
import { roleName } from './words'

const fewPeople = 4

/** People by role, in the playbook's order of roles; those of other roles or none last. */
export function byRole(roles: readonly CommitteeRole[], people: readonly Contact[]) {
  const known = new Set(roles.map((r) => r.role))
  return {
    roles: roles.map((r) => ({ ...r, who: people.filter((p) => p.role === r.role) })),
    others: people.filter((p) => !known.has(p.role)),
  }
}

export function Committee({ account, roles, people }: { account: string; roles: readonly CommitteeRole[]; people: readonly Contact[] }) {
  const grouped = byRole(roles, people)
  const holes = roles.filter((r) => !r.engaged).length
  return (
    <section aria-label={t.account.committee}>
      <Title order={2}><Term name="committee">{t.account.committee}</Term></Title>
      <Text c="dimmed" size="sm" mb="xs">
        {t.account.holes(holes)}
      </Text>
      <ul className="roles">
        {grouped.roles.map((r) => (
          <li key={r.role} data-hole={!r.engaged || undefined}>
            <b>{roleName(r.role)}</b>
            {r.label && r.label !== roleName(r.role) && (
              <Text span size="xs" c="dimmed" className="role">
                {r.label}
              </Text>
            )}
            <Text size="xs" className={r.engaged ? 'good' : 'warn'}>
              {r.engaged ? t.account.engaged(ago(r.last_scored_at ?? null)) : r.people > 0 ? t.account.silent : t.account.nobody}
            </Text>
            <People account={account} role={r.role} people={r.who} all={r.people} />
          </li>
        ))}
        {grouped.others.length > 0 && (
          <li>
            <Text c="dimmed">{t.account.otherPeople}</Text>
            <People account={account} people={grouped.others} all={grouped.others.length} />
          </li>
        )}
      </ul>
      <Text size="sm" mt="xs">
        <To to="/contacts" search={{ account }}>
          {t.account.allPeople}
        </To>
      </Text>
    </section>
  )
}

function People({ account, role, people, all }: { account: string; role?: string; people: readonly Contact[]; all: number }) {
  const shown = people.slice(0, fewPeople)
  return (
    <ul className="people">
      {shown.map((p) => (
        <li key={p.id}>
          <To to="/contacts/$id" params={{ id: p.id }} search={{}} className="cut">
            {nameOf(p)}
          </To>
          <span>{points(p.intent)}</span>
        </li>
      ))}
      {all > shown.length && (
        <li>
          <To to="/contacts" search={role ? { account, role } : { account }}>
            {t.account.more(all - shown.length)}
          </To>
        </li>
      )}
    </ul>
  )
}
