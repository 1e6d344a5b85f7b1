// What the forms show of a playbook: fields, and lists of entries with fields. Everything else is changed in the text.
import { count } from '../parts/format'
import { p } from '../strings.playbook'
import { t } from '../strings'
import { at } from './path'

type Choice = string | { value: string; label: string }
export type Field = { key: string; label: string; kind: 'text' | 'number' | 'words' | 'check' | 'choice'; choices?: (value: unknown) => readonly Choice[]; wide?: boolean; required?: boolean; empty?: string }
export type Shape = { fields: readonly Field[]; lists?: readonly List[] }
export type List = { key: string; shape: Shape; title: (entry: Record<string, unknown>) => string; fresh: (value: unknown) => unknown }
export type Part = { title?: string; path: readonly string[]; shape: Shape }

const text = (key: string, label: string, more: Partial<Field> = {}): Field => ({ key, label, kind: 'text', ...more })
const figure = (key: string, label: string, required = false): Field => ({ key, label, kind: 'number', required })
const words = (key: string, label: string): Field => ({ key, label: `${label}, ${p.perLine}`, kind: 'words' })
const choice = (key: string, label: string, choices: readonly Choice[], empty?: string): Field => ({ key, label, kind: 'choice', choices: () => choices, ...(empty === undefined ? { required: true } : { empty }) })

const str = (v: unknown) => (typeof v === 'string' || typeof v === 'number' ? String(v) : '')
const named = (e: Record<string, unknown>) => str(e.label) || str(e.name) || str(e.id) || str(e.role)

/** A condition in words: what a band or a disqualifier asks of a value. */
export function conditionText(e: Record<string, unknown>): string {
  const list = (v: unknown) => (Array.isArray(v) ? v.map(String).join(', ') : '')
  const c = p.condition
  const number = (v: unknown) => (typeof v === 'number' && Math.abs(v) >= 10_000 ? count(v) : str(v))
  const parts = [
    e.min !== undefined && `${c.min} ${number(e.min)}`,
    e.max !== undefined && `${c.max} ${number(e.max)}`,
    list(e.in) && `${c.in} ${list(e.in)}`,
    list(e.like) && `${c.like} ${list(e.like)}`,
    list(e.not_in) && `${c.not_in} ${list(e.not_in)}`,
    e.exists === true && c.exists,
    e.exists === false && c.notExists,
  ]
  return parts.filter(Boolean).join('; ') || c.any
}

const f = p.f
const of = choice('of', f.of, ['account', 'contact'].map((value) => ({ value, label: p.of[value]! })), p.of.account)
const condition = [figure('min', f.min), figure('max', f.max), words('in', f.in), words('like', f.like), words('not_in', f.not_in)]

/** An id that no entry of a list has yet. */
export function freeId(value: unknown, path: readonly (string | number)[], stem: string): string {
  const list = at(value, path)
  const taken = new Set((Array.isArray(list) ? list : []).map((e: Record<string, unknown>) => e?.id ?? e?.name))
  for (let n = 1; ; n++) if (!taken.has(`${stem}_${n}`)) return `${stem}_${n}`
}

const bands: List = { key: 'bands', shape: { fields: [figure('points', f.points, true), ...condition] }, title: (e) => `${conditionText(e)}: ${str(e.points)}`, fresh: () => ({ min: 1, points: 5 }) }
const criteria: List = {
  key: 'criteria',
  title: named,
  fresh: (v) => ({ id: freeId(at(v, ['icp', 0]), ['criteria'], 'criterion'), label: 'New criterion', kind: 'firmographic', trait: 'industry', bands: [{ exists: true, points: 5 }] }),
  shape: {
    fields: [
      text('label', f.label), text('id', f.id, { required: true }), choice('kind', f.kind, ['firmographic', 'technographic', 'psychographic', 'behavioral'].map((value) => ({ value, label: t.why.kinds[value]! }))), of,
      text('trait', f.trait), figure('missing', f.missing), figure('points', f.points), figure('within_days', f.within_days), { key: 'must', label: f.must, kind: 'check' }, words('behaviors', f.behaviors),
    ],
    lists: [bands],
  },
}
const disqualifiers: List = {
  key: 'disqualifiers',
  title: (e) => str(e.reason) || str(e.id),
  fresh: (v) => ({ id: freeId(at(v, ['icp', 0]), ['disqualifiers'], 'disqualifier'), trait: 'industry', in: ['not for us'], reason: 'Not for us' }),
  shape: { fields: [text('reason', f.reason, { required: true }), text('id', f.id, { required: true }), of, text('trait', f.trait, { required: true }), ...condition] },
}
const match = [words('sources', f.sources), words('mediums', f.mediums), words('campaigns', f.campaigns), words('referrers', f.referrers), words('groups', f.groups), words('kinds', f.kinds), words('hosts', f.hosts), words('events', f.events)]
const firstOf = (e: Record<string, unknown>) => Object.entries(e).map(([k, v]) => `${k}: ${Array.isArray(v) ? v.join(', ') : str(v)}`).join('; ')

const episode = [figure('expire_below', f.expire_below, true), figure('expire_days', f.expire_days, true), figure('cooldown_days', f.cooldown_days, true)]

export const parts: Record<string, readonly Part[]> = {
  program: [
    { path: [], shape: { fields: [text('name', f.name, { required: true, wide: true })] } },
    { path: ['workspace'], shape: { fields: [text('timezone', f.timezone, { required: true }), text('currency', f.currency, { required: true }), words('hosts', f.hosts)] } },
  ],
  icp: [
    {
      path: [],
      shape: {
        fields: [],
        lists: [
          {
            key: 'icp', title: named,
            fresh: (v) => ({ name: `Profile ${(at(v, ['icp']) as unknown[] | undefined)?.length ?? 0}`, threshold: 10, grades: { A: 10, B: 0 }, criteria: [{ id: 'industry', label: 'Industry', kind: 'firmographic', trait: 'industry', bands: [{ exists: true, points: 10 }] }] }),
            shape: { fields: [text('name', f.name, { required: true }), figure('threshold', f.threshold, true), text('description', f.description, { wide: true })], lists: [criteria, disqualifiers] },
          },
        ],
      },
    },
  ],
  rubric: [
    {
      path: ['rubric'],
      shape: {
        fields: [figure('half_life_days', f.half_life_days, true)],
        lists: [
          {
            key: 'behaviors', title: (e) => `${named(e)}: ${str(e.points)}`,
            fresh: (v) => ({ id: freeId(v, ['rubric', 'behaviors'], 'behavior'), label: 'New behavior', on: 'track', events: ['New Event'], points: 5, window_days: 30, cap: 15, funnel: 'awareness' }),
            shape: {
              fields: [
                text('label', f.label, { required: true }), figure('points', f.points, true), figure('window_days', f.window_days), figure('cap_per_day', f.cap_per_day), figure('cap', f.cap),
                choice('funnel', f.funnel, ['awareness', 'consideration', 'decision'], p.none), text('id', f.id, { required: true }), choice('on', f.on, ['page', 'track', 'screen', 'any']),
                { key: 'category', label: f.category, kind: 'choice', empty: p.none, choices: (v) => ((at(v, ['rubric', 'categories']) as { name?: string }[] | undefined) ?? []).map((c) => str(c?.name)).filter(Boolean) }, words('events', f.events),
              ],
              lists: [{ key: 'where', title: (e) => `${str(e.property)}: ${conditionText(e)}`, fresh: () => ({ property: 'asset_type', in: ['case_study'] }), shape: { fields: [text('property', f.where, { required: true }), ...condition] } }],
            },
          },
          { key: 'categories', title: named, fresh: (v) => ({ name: freeId(v, ['rubric', 'categories'], 'category'), paths: ['/new/**'] }), shape: { fields: [text('name', f.name, { required: true }), words('paths', f.paths), words('hosts', f.hosts)] } },
        ],
      },
    },
  ],
  lifecycle: [
    { title: p.mql, path: ['lifecycle', 'mql'], shape: { fields: [figure('intent', f.intent, true), ...episode, words('immediate', f.immediate)] } },
    { title: p.mqa, path: ['lifecycle', 'mqa'], shape: { fields: [figure('intent', f.intent, true), figure('roles', f.roles, true), ...episode] } },
    { title: p.sql, path: ['lifecycle', 'sql'], shape: { fields: [choice('framework', f.framework, ['bant', 'meddicc', 'champ', 'gpctba', 'custom']), words('evidence', f.evidence)] } },
  ],
  committee: [
    {
      path: ['committee'],
      shape: {
        fields: [figure('engaged_within_days', f.engaged_within_days, true)],
        lists: [{ key: 'roles', title: (e) => [t.roles[str(e.role)] ?? str(e.role), str(e.label)].filter(Boolean).join(': '), fresh: () => ({ role: 'user', titles: ['*new title*'] }), shape: { fields: [choice('role', f.role, Object.entries(t.roles).map(([value, label]) => ({ value, label }))), text('label', f.label), words('titles', f.titles), words('departments', f.departments), words('seniorities', f.seniorities)] } }],
      },
    },
  ],
  channels: [
    {
      path: [],
      shape: {
        fields: [],
        lists: [{ key: 'channels', title: named, fresh: (v) => ({ name: `Channel ${((at(v, ['channels']) as unknown[] | undefined)?.length ?? 0) + 1}`, role: 'both', sources: ['new_source'] }), shape: { fields: [text('name', f.name, { required: true }), choice('role', f.role, ['creation', 'capture', 'both']), figure('cpl_low', f.cpl_low), figure('cpl_high', f.cpl_high), ...match], lists: [{ key: 'also', title: firstOf, fresh: () => ({ mediums: ['new_medium'] }), shape: { fields: match } }] } }],
      },
    },
  ],
  calendars: [
    {
      path: [],
      shape: {
        fields: [],
        lists: [{ key: 'calendars', title: named, fresh: (v) => ({ name: freeId(v, ['calendars'], 'calendar'), timezone: 'UTC', days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '09:00', to: '17:00' }), shape: { fields: [text('name', f.name, { required: true }), text('timezone', f.timezone, { required: true }), text('from', f.calendarFrom, { required: true }), text('to', f.to, { required: true }), words('days', f.days), words('holidays', f.holidays)] } }],
      },
    },
  ],
}

/** The part that shows what stands at a path of the server's problems. */
export function partOf(path: string): string {
  const top = /^[a-z]+/.exec(path)?.[0] ?? ''
  return top in parts ? top : 'program'
}
