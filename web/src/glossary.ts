// What the terms of the app mean, each in a sentence or two. One place for the explanations that stand beside them and for the palette.
export const glossary = {
  lead: { term: 'Lead', means: 'A person whom marketing knows and who has not qualified yet. They qualify when they fit and show enough intent.' },
  mql: { term: 'MQL', means: 'Marketing qualified lead: a person who fits your ideal customer and whose intent has reached the bar of the playbook. Both are needed.' },
  mqa: { term: 'MQA', means: 'Marketing qualified account: a company that fits, with enough committee roles engaged and enough intent of its people together.' },
  accepted: { term: 'Accepted', means: 'Sales has taken the lead up (also called SAL). Until then it waits.' },
  sql: { term: 'SQL', means: 'Sales qualified lead: sales has worked it and recorded the evidence, such as budget, authority, need and timeline.' },
  opportunity: { term: 'Opportunity', means: 'A deal that sales works on, with an amount and a stage of its own.' },
  customer: { term: 'Customer', means: 'Has bought: an opportunity was won.' },
  recycled: { term: 'Recycled', means: 'Given back to nurture with a reason. It can qualify again after a cool-down.' },
  disqualified: { term: 'Disqualified', means: 'Set aside for good, with a reason.' },
  intent: { term: 'Intent', means: 'Points for what somebody did lately, by the playbook. They fade by half in each half-life, and repeated acts count up to a cap.' },
  fit: { term: 'Fit', means: 'How well somebody matches the ideal customer profile, whatever they do. Grade A is the best; "no fit" misses the threshold or a requirement.' },
  icp: { term: 'ICP', means: 'Ideal customer profile: the companies and roles that win with you, as the playbook describes them.' },
  committee: { term: 'Buying committee', means: 'The people who decide on a purchase together: champion, economic buyer, decision maker, influencer, user, blocker.' },
  engaged: { term: 'Roles engaged', means: 'In how many roles of the buying committee somebody scored points lately.' },
  stage: { term: 'Stage', means: 'Where a person or an account stands on the way from lead to customer.' },
  winRate: { term: 'Win rate', means: 'Won deals among all closed ones, lost ones included. 20–30% is usual; below 15% the profile or the positioning drifts.' },
  waiting: { term: 'Waiting', means: 'Qualified and not taken up by sales yet. The one who waits longest comes first.' },
  woken: { term: 'Woke up', means: 'Accounts to which the last seven days added most points of intent. Customers and those set aside are left out.' },
  overdue: { term: 'Past its date', means: 'An open opportunity whose expected close date is over: close it, or give it a new date.' },
  weekly: { term: 'Qualified by week', means: 'How often a person became MQL and an account became MQA, by the week in which it happened. Coming back counts again.' },
  deals: { term: 'Deals', means: 'Opportunities of the account: open, won and lost.' },
  asOf: { term: 'As of a day', means: 'What had happened by the end of that day, judged by the clock and the playbook of then, with what is known today about who is who.' },
  merge: { term: 'Merge', means: 'Says that two records are one person or one company. All of their facts count together. It can be taken back exactly.' },
} as const

export type TermName = keyof typeof glossary
