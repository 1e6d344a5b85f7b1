import type { Explanation } from '../api/types'
import { t } from '../strings'
import { count, nameOf, points } from './format'

/**
 * The answer at the top of a contact's or account's page, in a sentence; by today's name where it is known, which on a past day it may not have been.
 * deals: an account's, which its stage comes from once there are any.
 */
export function verdict(x: Explanation, name = nameOf(x), deals = { open: 0, won: 0 }): string {
  const parts = [
    x.fit.fit ? t.verdict.fits(x.fit.icp, x.fit.grade) : t.verdict.fitsNot(x.fit.icp),
    t.verdict.points(points(x.intent.points), count(x.intent.threshold)),
  ]
  if (x.committee?.length) parts.push(t.verdict.roles(x.committee.filter((r) => r.engaged).length, x.committee.length))
  const bought = x.stage === 'customer' && deals.won > 0
  const talking = x.stage === 'opportunity' && deals.open > 0
  return t.verdict.sentence(name, bought ? t.verdict.bought(deals.won, deals.open) : talking ? t.verdict.talking(deals.open) : t.verdict.stages[x.stage], parts)
}
