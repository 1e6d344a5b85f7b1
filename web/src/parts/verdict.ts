import type { Explanation } from '../api/types'
import { t } from '../strings'
import { count, nameOf, points } from './format'

/** The answer at the top of a contact's or account's page, in a sentence; by today's name where it is known, which on a past day it may not have been. */
export function verdict(x: Explanation, name = nameOf(x)): string {
  const parts = [
    x.fit.fit ? t.verdict.fits(x.fit.icp, x.fit.grade) : t.verdict.fitsNot(x.fit.icp),
    t.verdict.points(points(x.intent.points), count(x.intent.threshold)),
  ]
  if (x.committee?.length) parts.push(t.verdict.roles(x.committee.filter((r) => r.engaged).length, x.committee.length))
  return t.verdict.sentence(name, t.verdict.stages[x.stage], parts)
}
