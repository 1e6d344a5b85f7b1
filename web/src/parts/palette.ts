// What the command palette offers, and how what was typed finds it. Pages and actions are found here, records by the server.
import type { Account, Contact, DocHit, Opportunity } from '../api/types'
import { f } from '../strings.frame'
import type { Scope } from './may'
import { nameOf } from './format'

export type Choice = {
  id: string
  group: string
  label: string
  /** What tells it from others of the same name. */
  below?: string
  /** Words by which it is found beside its label. */
  words?: string
  needs?: Scope
  /** Where it leads, or what it does. */
  to?: string
  params?: Record<string, string>
  hash?: string
  search?: Record<string, string>
  act?: 'light' | 'dark' | 'auto' | 'keyboard' | 'signOut'
}

const plain = (text: string) => text.normalize('NFD').replace(/\p{Mn}/gu, '').toLowerCase()

/** How well a choice answers: 0 not at all; more when it begins with what was typed, then when a word of it does. Each typed word must be found. */
export function matches(choice: Pick<Choice, 'label' | 'words' | 'group'>, typed: string): number {
  const asked = plain(typed).split(/\s+/).filter(Boolean)
  const label = plain(choice.label)
  const all = `${label} ${plain(choice.words ?? '')} ${plain(choice.group)}`.split(/[^\p{L}\p{N}]+/u)
  if (!asked.every((a) => all.some((w) => w.startsWith(a)))) return 0
  return label.startsWith(asked.join(' ')) ? 3 : asked.every((a) => label.includes(a)) ? 2 : 1
}

/** The choices that answer, the best first; all of them when nothing was typed. */
export function found(choices: readonly Choice[], typed: string): Choice[] {
  if (!typed.trim()) return [...choices]
  return choices
    .map((c) => ({ c, m: matches(c, typed) }))
    .filter(({ m }) => m > 0)
    .sort((a, b) => b.m - a.m)
    .map(({ c }) => c)
}

export const ofAccounts = (rows: readonly Account[]): Choice[] =>
  rows.map((a) => ({ id: a.id, group: f.palette.accounts, label: nameOf(a), below: [a.domain, a.industry].filter(Boolean).join(' · '), to: '/accounts/$id', params: { id: a.id } }))
export const ofContacts = (rows: readonly Contact[]): Choice[] =>
  rows.map((c) => ({ id: c.id, group: f.palette.contacts, label: nameOf(c), below: [c.title, c.account?.name, c.name && c.email].filter(Boolean).join(' · '), to: '/contacts/$id', params: { id: c.id } }))
export const ofOpportunities = (rows: readonly Opportunity[]): Choice[] =>
  rows.map((o) => ({ id: o.id, group: f.palette.opportunities, label: o.name || o.external_id, below: [o.account?.name, o.stage].filter(Boolean).join(' · '), to: '/opportunities', search: { q: o.name } }))
export const ofDocs = (hits: readonly DocHit[]): Choice[] =>
  hits.map((h) => ({ id: `docs-${h.name}-${h.id}`, group: f.palette.docs, label: h.section || h.page, below: h.section && h.page, to: '/docs/$name', params: { name: h.name }, ...(h.id && { hash: h.id }) }))

/** The choice above or below, going round. */
export const stepped = (at: number, by: number, of: number) => (of === 0 ? 0 : (at + by + of) % of)
