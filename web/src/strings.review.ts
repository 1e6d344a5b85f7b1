// The English words of the channel review's page, loaded with it; verdicts' reasons and rules come from the server.
import { locale } from './strings'

const whole = (n: number) => new Intl.NumberFormat(locale).format(n)
const list = (names: readonly string[]) => new Intl.ListFormat(locale).format(names)

export const r = {
  title: 'Channel review',
  empty: 'No channel brought or cost anything in this period.',
  emptyHint: 'Import what you spend and who came of it, or choose a longer period.',
  importSpend: 'Import spend',

  verdict: 'Verdict',
  verdicts: { stop: 'Stop', fix: 'Fix', keep: 'Keep', double: 'Double', too_early: 'Too early' } as Record<string, string>,
  confidences: {
    high: 'The intervals lie on the verdict’s side, not just the values.',
    low: 'Only the values lie on the verdict’s side; their intervals reach beyond it. Look again with more facts.',
    none: 'There is too little for a verdict.',
  } as Record<string, string>,
  perhaps: 'perhaps',
  why: (channel: string, verdict: string) => `${channel}: ${verdict}. Why?`,
  roles: { creation: 'creates demand', capture: 'captures demand', both: 'creates and captures' } as Record<string, string>,

  table: 'What to do with each channel',
  tableHint: 'Click a verdict to see its reasons and rules.',
  channel: 'Channel',
  spend: 'Spend',
  leads: 'Leads',
  opportunities: 'Opps',
  cpl: 'CPL',
  costPerOpportunity: 'Cost per opp',
  quality: 'MQL to opp',
  lag: 'First touch to opp',
  returns: 'Leads by spend',
  returnsOf: (channel: string) => `${channel}: leads of a month by its spend`,
  confidence: 'Confidence',
  rule: 'Rule',

  reasons: 'Reasons',
  decided: 'The rule that decided',
  all: 'All rules, in the order in which they are asked',
  held: 'holds: it decides',
  heldNot: 'does not hold',
  notAsked: 'not asked any more',
  confidenceIs: 'How sure',

  diminish: (n: number) => (n === 0 ? 'For no channel can it be told yet whether more spend brings less' : 'Does more spend bring less and less?'),
  diminishHint: 'Each dot is a whole month; the line is the fit, with the 95% interval of its mean.',
  axisSpend: 'spend a month',
  axisLeads: 'leads a month',
  month: 'Month',
  fitted: (channel: string, words: string) => `${channel}: ${words}`,
  untold: (names: readonly string[], words: string) => `${list(names)}: ${words}`,
  asTable: 'As a table',

  scenario: (share: string, from: string, to: string) => `What if ${share} of ${from} went to ${to}?`,
  scenarioLabel: 'Move spend',
  move: 'Move',
  of: 'of',
  to: 'to',
  from: 'From channel',
  target: 'To channel',
  share: 'Share of its spend',
  few: 'A scenario needs two channels with spend and leads in whole months.',
  moved: 'Spend moved, a quarter',
  moreLeads: 'Leads, change a quarter',
  moreOpportunities: 'Opportunities, change a quarter',
  moreRevenue: 'Revenue, change once they close',
  assumed: 'What this assumes',
  range: (low: string, high: string) => `between ${low} and ${high}`,

  mix: (over: readonly string[], under: readonly string[]) =>
    over.length + under.length === 0
      ? 'The mix is the recommended one'
      : [over.length && `${list(over)} ${over.length === 1 ? 'has' : 'have'} more of the spend than recommended`, under.length && `${list(under)} ${under.length === 1 ? 'has' : 'have'} less`].filter(Boolean).join('; '),
  mixNone: 'The recommended mix',
  mixSection: 'Recommended mix beside today’s',
  today: 'Today',
  recommended: 'Recommended',
  mixPicture: 'Today in the recommended range',
  mixVerdicts: { below: 'below', within: 'within', above: 'above', not_judged: 'not in the table', no_spend: 'no spend yet' } as Record<string, string>,
  note: 'What it is for',
  band: (low: string, high: string) => `${low} to ${high}`,
  key: { today: 'Today', range: 'Recommended range' },

  concentration: 'How much hangs on one channel',
  concentrationHint: 'Herfindahl–Hirschman index: the sum of the squared shares. Below 0.15 it is spread, above 0.25 concentrated.',
  measure: 'Of',
  measures: { leads: 'Leads', opportunities: 'Opportunities', revenue: 'Revenue', spend: 'Spend' } as Record<string, string>,
  hhi: 'HHI',
  largest: 'Largest',
  largestShare: 'Its share',
  level: 'Level',
  levels: { spread: 'spread', moderate: 'moderate', concentrated: 'concentrated', none: 'nothing to measure', too_few: 'too few to tell' } as Record<string, string>,
  began: (n: number, channel: string) => `${whole(n)} ${n === 1 ? 'opportunity' : 'opportunities'} began with ${channel}, whichever channel brought ${n === 1 ? 'it' : 'them'} last.`,
}
