import { Button, Group, Menu, NativeSelect, Stack } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState } from 'react'
import { stats } from '../api/queries'
import type { Contact } from '../api/types'
import { useChosen } from '../parts/Choosing'
import { type Column, DataTable, type Filter } from '../parts/DataTable'
import { nameOf } from '../parts/format'
import { useListing } from '../parts/Listing'
import { useMay } from '../parts/may'
import { RowMenu } from '../parts/RowMenu'
import { LeadDialogs } from '../parts/sales/forms'
import type { Asking } from '../parts/sales/LeadDialogs'
import { allows, type Subject, useLeadActs } from '../parts/sales/useActs'
import { Lead } from '../parts/States'
import { useOpening, Views } from '../parts/Views'
import { gradeChoices, roleChoices, stageChoices } from '../parts/words'
import { t } from '../strings'
import { l } from '../strings.lists'
import { s } from '../strings.sales'
import '../sales.css'
import { AccountLink, Ago, ContactLink, country, grade, intent, lastSeen, moreOfPeople, owner, personStage, role } from './columns'
import { Ways } from '../parts/Ways'

const filters: Filter[] = [
  { key: 'q', label: t.table.search, type: 'search' },
  { key: 'stage', label: t.columns.stage, choices: stageChoices },
  { key: 'owned', label: s.owned.label, choices: [{ value: 'false', label: s.owned.no }, { value: 'true', label: s.owned.yes }], width: 150 },
  { key: 'owner', label: t.columns.owner },
  { key: 'grade', label: t.columns.grade, choices: gradeChoices },
  { key: 'role', label: t.columns.role, choices: roleChoices },
  { key: 'min_intent', label: t.columns.minIntent, type: 'number' },
]

const subjectOf = (c: Contact): Subject => ({ id: c.id, name: nameOf(c), stage: c.stage, stage_position: c.stage_position, owner: c.owner })

const reasons: Column<Contact> = {
  key: 'reasons',
  exports: [],
  head: s.now,
  from: 'sm',
  cell: (c) => (
    <div className="reasons">
      {(c.reasons ?? []).map((r) => (
        <p key={r}>{r}.</p>
      ))}
      {!c.reasons?.length && t.unknown}
    </div>
  ),
}
// On a narrow screen the first reason stands under the name.
const who: Column<Contact> = {
  key: 'person',
  stays: 'first',
  exports: ['name', 'title', 'account'],
  head: t.columns.person,
  cell: (c) => (
    <div className="who">
      <ContactLink contact={c} />
      <p className="below">
        {c.title || (!c.account && c.email)}
        {c.title && c.account && ', '}
        {c.account && <AccountLink account={c.account} inText />}
      </p>
      {c.reasons?.[0] && (
        <p className="now mantine-hidden-from-sm">{c.reasons[0]}.</p>
      )}
    </div>
  ),
}
const since: Column<Contact> = { key: 'since', exports: ['stage_at'], head: s.since, from: 'xl', cell: (c) => (c.stage_at ? <Ago at={c.stage_at} /> : t.unknown) }

// The account stands with the person.
const moreOfLeads: Column<Contact>[] = [{ key: 'email', head: t.columns.email, extra: true, from: 'lg', cell: (c) => <div className="held">{c.email || t.unknown}</div> }, ...moreOfPeople]

const plain: Column<Contact>[] = [who, reasons, grade, { ...intent, sort: undefined }, personStage, since, { ...owner, from: 'lg' }, { ...role, from: 'xxl' }, { ...lastSeen, from: 'xl' }, { ...country, from: 'xxl' }, ...moreOfLeads]

/** What is done with a lead, as the page has it at the moment. */
type Acted = Record<'accept' | 'reject' | 'qualify', (c: Contact) => unknown> & { ask: (a: Asking) => void }

const menuOf = (now: () => Acted): Column<Contact> => ({
  key: 'menu',
  head: s.actions,
  stays: 'last',
  silent: true,
  cell: (c) => (
    <RowMenu label={s.actionsOf(nameOf(c))}>
      {() => (
        <>
          <Menu.Item disabled={!allows.accept(subjectOf(c))} rightSection="a" onClick={() => now().accept(c)}>
            {s.accept}
          </Menu.Item>
          <Menu.Item disabled={!allows.reject(subjectOf(c))} rightSection="r" onClick={() => now().reject(c)}>
            {s.reject}…
          </Menu.Item>
          <Menu.Item disabled={!allows.qualify(subjectOf(c))} rightSection="q" onClick={() => now().qualify(c)}>
            {s.qualify}…
          </Menu.Item>
          <Menu.Item rightSection="s" onClick={() => now().ask({ what: 'assign', subjects: [subjectOf(c)] })}>
            {s.assign}…
          </Menu.Item>
        </>
      )}
    </RowMenu>
  ),
})

const walked = ['intent']
const keyOf = (c: Contact) => c.id
const whyOf = (c: Contact) => ({ id: c.id, name: nameOf(c) })

export function Leads() {
  const ready = useOpening('leads')
  const all = useQuery(stats).data
  const may = useMay()('sales')
  const acts = useLeadActs()
  const listing = useListing()
  const [asking, setAsking] = useState<Asking>()
  const chosen = useChosen<Contact>()
  const subjects = () => [...chosen.rows.values()].map(subjectOf)
  const ask = (a: Asking) => {
    acts.act.reset()
    acts.assign.reset()
    acts.several.reset()
    setAsking(a)
  }
  const accept = (c: Contact) => {
    const subject = subjectOf(c)
    if (subject.stage === 'disqualified') ask({ what: 'accept', subject })
    else if (allows.accept(subject)) acts.act.mutate({ subject, act: 'accept', body: { saw_position: subject.stage_position } })
  }
  const reject = (c: Contact) => allows.reject(subjectOf(c)) && ask({ what: 'reject', subject: subjectOf(c) })
  const qualify = (c: Contact) => allows.qualify(subjectOf(c)) && ask({ what: 'qualify', subject: subjectOf(c) })
  const assign = (c: Contact) => ask({ what: 'assign', subjects: chosen.rows.size > 0 ? subjects() : [subjectOf(c)] })
  const keys: Record<string, (c: Contact) => void> = may
    ? { a: accept, r: (c: Contact) => void reject(c), q: (c: Contact) => void qualify(c), s: assign }
    : {}
  useHotkeys(may ? [['u', acts.undoLast]] : [])
  const acted = useRef<Acted>({ accept, reject, qualify, ask })
  useEffect(() => {
    acted.current = { accept, reject, qualify, ask }
  })
  const columns = useMemo(() => (may ? [...plain, menuOf(() => acted.current)] : plain), [may])
  const bulk = (
    <>
      <Button size="compact-xs" onClick={() => ask({ what: 'assign', subjects: subjects() })}>
        {s.assign}…
      </Button>
      <Button size="compact-xs" variant="default" loading={acts.several.isPending} onClick={() => acts.several.mutate({ subjects: subjects(), act: 'accept' }, { onSuccess: chosen.clear })}>
        {l.bulk.accept}
      </Button>
      <Button size="compact-xs" variant="default" onClick={() => ask({ what: 'reject all', subjects: subjects() })}>
        {l.bulk.reject}
      </Button>
    </>
  )
  return (
    <Stack>
      <Lead title={t.leads.title} sentence={all && t.leads.sentence(all.mql)} beside={<Views page="leads" />} />
      {ready && (
        <DataTable
          label={t.leads.title}
          list="leads"
          columns={columns}
          walked={walked}
          rankedBy={listing.search.sort === 'stage_at' ? 'since' : 'intent'}
          {...(may && { choosing: { chosen, nameOf, acts: bulk } })}
          filters={filters}
          rowKey={keyOf}
          why={whyOf}
          acts={keys}
          above={() => (
            <Group justify="space-between" mb="xs" gap="xs" mih={34} data-noprint>
              <NativeSelect
                size="xs"
                aria-label={s.order.label}
                value={listing.search.sort ?? 'intent'}
                onChange={(e) => listing.set('sort', e.currentTarget.value === 'intent' ? '' : e.currentTarget.value)}
                data={[{ value: 'intent', label: s.order.intent }, { value: 'stage_at', label: s.order.waiting }]}
              />
            </Group>
          )}
          empty={{ title: t.leads.empty, hint: t.leads.emptyHint, action: <Ways to={['playbook', 'contacts', 'import']} docs="playbook#icp-who-fits" /> }}
        />
      )}
      <LeadDialogs
        asking={asking}
        acts={acts}
        close={() => setAsking(undefined)}
        done={chosen.clear}
      />
    </Stack>
  )
}
