// The terms that are explained where they stand. What each means is in glossary.ts, which is loaded when somebody asks.
export const terms = {
  lead: 'Lead',
  mql: 'MQL',
  mqa: 'MQA',
  accepted: 'Accepted',
  sql: 'SQL',
  opportunity: 'Opportunity',
  customer: 'Customer',
  recycled: 'Recycled',
  disqualified: 'Disqualified',
  intent: 'Intent',
  fit: 'Fit',
  icp: 'ICP',
  committee: 'Buying committee',
  engaged: 'Roles engaged',
  stage: 'Stage',
  winRate: 'Win rate',
  waiting: 'Waiting',
  woken: 'Woke up',
  overdue: 'Past its date',
  weekly: 'Qualified by week',
  deals: 'Deals',
  asOf: 'As of a day',
  merge: 'Merge',
} as const

export type TermName = keyof typeof terms
