// Columns that several lists share.
import type { Account, Contact, Ref } from '../api/types'
import type { Column } from '../parts/DataTable'
import { ago, count, moment, nameOf, points } from '../parts/format'
import { GradeWord, roleName, StageWord } from '../parts/words'
import { To } from '../parts/Links'
import { t } from '../strings'
import { l } from '../strings.lists'

/** inText: among other words, where colour alone would not tell the link from them. */
export function AccountLink({ account, inText }: { account: Ref | null | undefined; inText?: boolean }) {
  if (!account) return t.unknown
  return (
    <To to="/accounts/$id" params={{ id: account.id }} search={{}} {...(inText && { underline: 'always' as const })}>
      {account.name || account.id}
    </To>
  )
}

export function ContactLink({ contact, inText }: { contact: { id: string; name: string; email?: string }; inText?: boolean }) {
  return (
    <To to="/contacts/$id" params={{ id: contact.id }} search={{}} {...(inText && { underline: 'always' as const })}>
      {nameOf(contact)}
    </To>
  )
}

export const Ago = ({ at }: { at: string | null }) => (
  <time dateTime={at ?? ''} title={moment(at)}>
    {ago(at)}
  </time>
)

export const person: Column<Contact> = {
  key: 'person',
  stays: 'first',
  exports: ['name', 'title'],
  head: t.columns.person,
  sort: 'name',
  direction: 'ascending',
  cell: (c) => (
    <div className="held">
      <ContactLink contact={c} />
      <p className="below">
        {c.title || (c.name ? c.email : '') || '\u00a0'}
        {c.account && (
          <span className="mantine-hidden-from-xs">
            {(c.title || (c.name && c.email)) && ', '}
            <AccountLink account={c.account} inText />
          </span>
        )}
      </p>
    </div>
  ),
}

export const ofAccount: Column<Contact> = { key: 'account', head: t.columns.account, from: 'xs', cell: (c) => <div className="held"><AccountLink account={c.account} /></div> }
export const role: Column<Contact> = { key: 'role', head: t.columns.role, from: 'lg', cell: (c) => (c.role ? roleName(c.role) : t.unknown) }

type Scored = Pick<Account, 'fit' | 'grade' | 'intent' | 'last_seen_at' | 'owner' | 'country'>
export const grade = { key: 'grade', head: t.columns.fit, from: 'xs', cell: (x: Scored) => <GradeWord fit={x.fit} grade={x.grade} /> } as const
export const intent = { key: 'intent', head: t.columns.intent, figure: true, sort: 'intent', cell: (x: Scored) => points(x.intent) } as const
export const lastSeen = { key: 'seen', exports: ['last_seen_at'], head: t.columns.lastSeen, from: 'md', cell: (x: Scored) => <Ago at={x.last_seen_at} /> } as const
export const owner = { key: 'owner', head: t.columns.owner, from: 'xl', cell: (x: Scored) => <span className="whole">{x.owner || t.unknown}</span> } as const
export const country = { key: 'country', head: t.columns.country, from: 'xl', cell: (x: Scored) => x.country || t.unknown } as const
export const personStage: Column<Contact> = { key: 'stage', head: t.columns.stage, from: 'sm', cell: (c) => <StageWord stage={c.stage} /> }

// Columns that are shown when somebody chooses them.
type Known = Pick<Account, 'icp' | 'stage_at'>
const text = <T,>(key: keyof T & string, head: string): Column<T> => ({ key, head, extra: true, from: 'xl', cell: (x) => <div className="held">{String(x[key] || t.unknown)}</div> })
const icp = text<Known>('icp', l.columns.icp)
export const stageAt: Column<Known> = { key: 'stage_at', head: l.columns.stageAt, extra: true, from: 'xl', cell: (x) => (x.stage_at ? <Ago at={x.stage_at} /> : t.unknown) }
export const moreOfPeople: Column<Contact>[] = [
  text('department', l.columns.department),
  text('seniority', l.columns.seniority),
  text('company', l.columns.company),
  { key: 'scored_at', head: l.columns.scoredAt, extra: true, from: 'xl', cell: (c) => (c.scored_at ? <Ago at={c.scored_at} /> : t.unknown) },
  icp,
]
export const moreOfAccounts: Column<Account>[] = [
  text('city', l.columns.city),
  text('parent', l.columns.parent),
  { key: 'revenue', head: l.columns.revenue, extra: true, from: 'xl', figure: true, cell: (a) => (a.revenue ? count(a.revenue) : t.unknown) },
  icp,
  stageAt,
]

export const accountStage: Column<Account> = { key: 'stage', head: t.columns.stage, from: 'sm', cell: (a) => <StageWord stage={a.stage} of="account" /> }
