// The English words of the overview, the palette, the past, merging, the docs and saved views; all others are in strings.ts.
import { locale } from './strings'

const whole = (n: number) => new Intl.NumberFormat(locale).format(n)
const one = (n: number, singular: string, plural: string) => `${whole(n)} ${n === 1 ? singular : plural}`

export const f = {
  whatIs: (term: string) => `What is ${term}?`,

  overview: {
    sentence: (waiting: number, longest: string, woken: number, overdue: number) =>
      [
        waiting === 0 ? 'Nobody waits for sales' : `${one(waiting, 'person waits', 'people wait')} for sales${longest && `, the longest for ${longest}`}`,
        woken > 0 && `${one(woken, 'account', 'accounts')} woke up`,
        overdue > 0 && `${one(overdue, 'opportunity is', 'opportunities are')} past ${overdue === 1 ? 'its' : 'their'} date`,
      ]
        .filter(Boolean)
        .join('; ') + '.',
    needs: 'What needs you today',
    nothing: 'Nothing needs you now.',
    nothingHint: 'Whoever qualifies, wakes up or is past a date appears here by itself.',
    seeLeads: 'See who is closest to qualifying',
    waiting: 'MQLs who wait for sales',
    qualified: 'MQAs nobody took up',
    woken: 'Accounts that woke up',
    overdue: 'Opportunities past their close date',
    imports: 'Imports that failed',
    waits: 'Waits',
    gained: '+ points, 7 days',
    gainedOf: (gained: string, all: string) => `+${gained} of ${all}`,
    expected: 'Expected',
    late: (by: string) => `${by} late`,
    brokeOff: 'broke off',
    rejected: (n: number) => `${one(n, 'row', 'rows')} refused`,
    all: (n: number) => `All ${whole(n)}`,
    file: 'File',
    outcome: 'What happened',
    changed: (since: string) => `New since yesterday, ${since}`,
    nothingNew: 'Nothing is new since yesterday.',
    changes: {
      contacts: 'People',
      accounts: 'Accounts',
      mql: 'MQLs',
      mqa: 'MQAs',
      accepted: 'Accepted',
      sql: 'SQLs',
      recycled: 'Recycled',
      opened: 'Deals opened',
      won: 'Deals won',
      lost: 'Deals lost',
    },
    funnel: 'The funnel as it stands',
    stage: 'Stage',
    people: 'People',
    accounts: 'Accounts',
    toFunnel: 'Conversions from stage to stage',
    trend: 'Qualified by week',
    trendHint: (weeks: number) => `How many became MQL and MQA in each of the last ${weeks} weeks; the running one is not over.`,
    trendOf: (what: string, all: number, last: number) => `${what}: ${whole(all)} in all, ${whole(last)} in the last full week`,
    weekOf: (from: string, mql: number, mqa: number) => `Week from ${from}: ${one(mql, 'MQL', 'MQLs')}, ${one(mqa, 'MQA', 'MQAs')}`,
    top: (n: string) => `full height: ${n}`,
    asTable: 'As a table',
    week: 'Week from',
  },

  palette: {
    title: 'Find or do anything',
    button: 'Find',
    keys: 'Ctrl K',
    label: 'An account, a person, a deal, a page, an action',
    pages: 'Pages',
    actions: 'Actions',
    accounts: 'Accounts',
    contacts: 'Contacts',
    opportunities: 'Opportunities',
    busy: 'Looking…',
    none: 'Nothing begins with this.',
    found: (n: number) => `${one(n, 'choice', 'choices')}: arrows choose, Enter opens`,
    invite: 'Invite a person',
    waiting: 'See who waits for sales',
    words: {
      events: 'log tail live',
      drops: 'dropped errors',
      people: 'users roles invite',
      import: 'upload csv file',
      appearance: 'theme mode colour color',
      keyboard: 'shortcuts help keys',
      signOut: 'log out leave',
    },
  },

  past: {
    label: 'As of',
    slider: 'Days back',
    date: 'Day',
    now: 'Now',
    back: 'Back to now',
    title: (day: string) => `This is the past: the end of ${day}`,
    isOfThen: {
      contact: 'Of then: score, fit, stage, decisions, what was known of the person, and the timeline up to that day. The playbook is the one that ruled then.',
      account: 'Of then: score, fit, stage, decisions, roles engaged, what was known of the account, and the timeline up to that day. The playbook is the one that ruled then.',
    },
    isOfNow: {
      contact: 'Of today: the name, the account, and which identifiers are one person. Facts that came in late or were corrected since count as if they had been known.',
      account: "Of today: the name, the list of people with their own figures, deals, and which identifiers are one account. Facts that came in late or were corrected since count as if they had been known.",
    },
  },
}
