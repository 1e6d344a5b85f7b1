// What the terms of the app mean, each in a sentence or two, and the heading of the docs that says more. Loaded when somebody asks. A test of
// internal/manual follows every link.
import type { TermName } from './terms'

export type Meaning = { means: string; more: string }

export const glossary: Record<TermName, Meaning> = {
  lead: { means: 'A person whom marketing knows and who has not qualified yet. They qualify when they fit and show enough intent.', more: 'playbook#lifecycle-what-the-stages-mean' },
  mql: { means: 'Marketing qualified lead: a person who fits your ideal customer and whose intent has reached the bar of the playbook. Both are needed.', more: 'playbook#lifecycle-what-the-stages-mean' },
  mqa: { means: 'Marketing qualified account: a company that fits, with enough committee roles engaged and enough intent of its people together.', more: 'playbook#lifecycle-what-the-stages-mean' },
  accepted: { means: 'Sales has taken the lead up (also called SAL). Until then it waits.', more: 'handoff#from-mql-to-sql' },
  sql: { means: 'Sales qualified lead: sales has worked it and recorded the evidence, such as budget, authority, need and timeline.', more: 'handoff#from-mql-to-sql' },
  opportunity: { means: 'A deal that sales works on, with an amount and a stage of its own.', more: 'handoff#opportunities' },
  customer: { means: 'Has bought: an opportunity was won.', more: 'playbook#lifecycle-what-the-stages-mean' },
  recycled: { means: 'Given back to nurture with a reason. It can qualify again after a cool-down.', more: 'handoff#from-mql-to-sql' },
  disqualified: { means: 'Set aside for good, with a reason.', more: 'handoff#from-mql-to-sql' },
  intent: { means: 'Points for what somebody did lately, by the playbook. They fade by half in each half-life, and repeated acts count up to a cap.', more: 'playbook#rubric-what-interest-is-worth' },
  fit: { means: 'How well somebody matches the ideal customer profile, whatever they do. Grade A is the best; "no fit" misses the threshold or a requirement.', more: 'playbook#icp-who-fits' },
  icp: { means: 'Ideal customer profile: the companies and roles that win with you, as the playbook describes them.', more: 'playbook#icp-who-fits' },
  committee: { means: 'The people who decide on a purchase together: champion, economic buyer, decision maker, influencer, user, blocker.', more: 'playbook#committee-who-decides' },
  engaged: { means: 'In how many roles of the buying committee somebody scored points lately.', more: 'playbook#committee-who-decides' },
  stage: { means: 'Where a person or an account stands on the way from lead to customer.', more: 'playbook#lifecycle-what-the-stages-mean' },
  winRate: { means: 'Won deals among all closed ones, lost ones included. 20–30% is usual; below 15% the profile or the positioning drifts.', more: 'measurement#the-rates' },
  waiting: { means: 'Qualified and not taken up by sales yet. The one who waits longest comes first.', more: 'handoff#the-queue' },
  woken: { means: 'Accounts to which the last seven days added most points of intent. Customers and those set aside are left out.', more: 'handoff#the-queue' },
  overdue: { means: 'An open opportunity whose expected close date is over: close it, or give it a new date.', more: 'handoff#opportunities' },
  weekly: { means: 'How often a person became MQL and an account became MQA, by the week in which it happened. Coming back counts again.', more: 'playbook#lifecycle-what-the-stages-mean' },
  deals: { means: 'Opportunities of the account: open, won and lost.', more: 'handoff#opportunities' },
  asOf: { means: 'What had happened by the end of that day, judged by the clock and the playbook of then, with what is known today about who is who.', more: 'architecture#time' },
  merge: { means: 'Says that two records are one person or one company. All of their facts count together. It can be taken back exactly.', more: 'imports#what-to-know-about-identity' },
}
