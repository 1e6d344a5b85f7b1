// The English words of the audit's page, loaded with it; what the checks say comes from the server.
import { locale } from './strings'

const whole = (n: number) => new Intl.NumberFormat(locale).format(n)
const one = (n: number, singular: string, plural: string) => `${whole(n)} ${n === 1 ? singular : plural}`

export const a = {
  title: 'Audit',
  empty: 'Nothing can be judged yet.',
  sentence: (failed: number, severe: number, judged: number, all: number) =>
    failed === 0 && judged < all / 2
      ? `${judged === 1 ? 'The one check that can be judged passes' : `The ${whole(judged)} checks that can be judged pass`}; ${whole(all - judged)} can't be judged yet.`
      : failed === 0 ? 'No check fails.' : failed === 1 ? `1 check fails; it is ${severe ? '' : 'not '}severe.` : `${whole(failed)} checks fail, ${severe === 0 ? 'none' : severe === failed ? 'all' : whole(severe)} of them severe.`,
  asOf: (day: string) => `As of ${day}.`,
  ended: (day: string) => `The data end on ${day}; everything here is as of that day.`,
  score: 'Score',
  of: 'of 100',
  noScore: 'not known yet',
  judged: (n: number, all: number) => `${whole(n)} of ${whole(all)} checks could be judged.`,
  rule: 'How the score is made',
  trend: 'Score over time',
  trendHint: 'From the facts that had occurred by each day, under today\'s playbook. Click a day to see what failed.',
  trendChecks: (n: number) => `Of the ${one(n, 'check', 'checks')} that could be judged on each of these days`,
  trendOf: (from: string, to: string) => `Score over time, from ${from} to ${to}`,
  failedThen: (day: string, n: number) => `${day}: ${n === 0 ? 'no check failed' : one(n, 'check failed', 'checks failed')}`,
  passed: 'What passed',
  cannot: "What can't be judged from these data",
  bring: 'What to bring',
  bringFor: (n: number) => `for ${one(n, 'check', 'checks')}`,
  failed: 'What failed',
  nothingFailed: 'Nothing that could be judged failed.',
  severities: { severe: 'Severe', warning: 'Warning', notice: 'Notice' } as Record<string, string>,
  stake: 'At stake',
  next: 'Next',
  go: 'Go there',
  see: 'Look',
  ruleOf: 'Rule',
  source: 'Source',
  evidence: 'Evidence',
  markdown: 'Markdown',
  page: 'Page (HTML)',
  print: 'Print or save as PDF',
  share: 'Share the report',
}
