// The app's only way to the server: the client made from the API's description, and beside it the upload, which needs what it has not. It
// speaks as the person who signed in: the cookie goes along by itself.
import createClient from 'openapi-fetch'
import { renewed } from './renewal'
import type { paths } from './schema'
import type { Frozen, NewReport, Restatement } from './reports'
import type * as api from './types'

/** A problem document (RFC 9457) as an error. Status 0: no answer came. */
export class ApiError extends Error {
  readonly status: number
  readonly field: string | undefined
  /** It was answered that nobody is signed in, and nobody signed in again. */
  signedOut = false
  constructor(status: number, detail: string, field?: string) {
    super(detail)
    this.name = 'ApiError'
    this.status = status
    this.field = field
  }
}

type Problem = { title?: string; detail?: string; errors?: { location?: string; message?: string }[] | null }

/** The error of an answer that is not good: its detail, and what the first named field adds to it. */
export function problem(status: number, body: unknown): ApiError {
  const p = (typeof body === 'object' && body !== null ? body : {}) as Problem
  const first = p.errors?.[0]
  const parts = [p.detail ?? p.title, first?.message].filter((s): s is string => !!s)
  const detail = parts.filter((s, i) => parts.indexOf(s) === i).join(': ')
  return new ApiError(status, detail || `HTTP ${status}`, first?.location)
}

const http = createClient<paths>({ baseUrl: '/' })

type Answer<T> = { data?: T; error?: unknown; response: Response }

/** One call, as it comes. */
async function plain<T>(call: () => Promise<Answer<T>>): Promise<T> {
  try {
    const { data, error, response } = await call()
    if (!response.ok) throw problem(response.status, error)
    return data as T
  } catch (e) {
    if (e instanceof ApiError || (e instanceof DOMException && e.name === 'AbortError')) throw e
    throw new ApiError(0, '')
  }
}

/** What needs somebody who is signed in. When their session has ended they sign in again beside the page, and it goes on as if nothing was. */
async function signedIn<T>(call: () => Promise<T>): Promise<T> {
  for (let again = false; ; again = true) {
    try {
      return await call()
    } catch (e) {
      if (!(e instanceof ApiError) || e.status !== 401) throw e
      if (again || !(await renewed())) {
        e.signedOut = true
        throw e
      }
    }
  }
}

const data = <T>(call: () => Promise<Answer<T>>): Promise<T> => signedIn(() => plain(call))

/** Filters, sort, cursor and limit as the URL has them; the server judges their values. */
export type Params = Record<string, string | number | boolean | undefined>

/** The lists, and what their rows are. */
export type Rows = {
  accounts: api.Account
  contacts: api.Contact
  leads: api.Contact
  opportunities: api.Opportunity
  events: api.Event
  drops: api.Drop
  imports: api.Import
  'access-log': api.AccessEntry
}
export type List = keyof Rows

/** The address of a list, such as that of its export; empty values are left out. */
export function address(list: List | 'tail', params: Params = {}): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== '') query.set(name, String(value))
  }
  const text = query.toString()
  return '/api/v1/' + list + (text ? '?' + text : '')
}

const given = (params: Params) => Object.fromEntries(Object.entries(params).filter(([, v]) => v !== undefined && v !== ''))

export const client = {
  list: <L extends List>(list: L, params: Params, signal?: AbortSignal) =>
    data(() => http.GET(`/api/v1/${list}` as '/api/v1/contacts', { params: { query: given(params) }, signal })) as Promise<unknown> as Promise<api.Page<Rows[L]>>,
  timeline: (of: 'accounts' | 'contacts', id: string, cursor: string, until: string | undefined, signal?: AbortSignal) =>
    data(() => http.GET(`/api/v1/${of}/{id}/timeline` as '/api/v1/contacts/{id}/timeline', { params: { path: { id }, query: given({ cursor, until, limit: 50 }) }, signal })) as Promise<unknown> as Promise<
      api.Page<api.Event>
    >,
  health: (signal?: AbortSignal): Promise<api.Health> => data(() => http.GET('/api/v1/health', { signal })),
  stats: (signal?: AbortSignal): Promise<api.Stats> => data(() => http.GET('/api/v1/stats', { signal })),
  overview: (signal?: AbortSignal): Promise<api.Overview> => data(() => http.GET('/api/v1/overview', { signal })),
  account: (id: string, signal?: AbortSignal): Promise<api.AccountDetail> => data(() => http.GET('/api/v1/accounts/{id}', { params: { path: { id } }, signal })),
  contact: (id: string, signal?: AbortSignal): Promise<api.ContactDetail> => data(() => http.GET('/api/v1/contacts/{id}', { params: { path: { id } }, signal })),
  explain: (who: string, as_of?: string, signal?: AbortSignal) => data(() => http.GET('/api/v1/explain', { params: { query: as_of ? { who, as_of } : { who } }, signal })) as Promise<unknown> as Promise<api.Explanation>,
  merges: async (of: 'accounts' | 'contacts', id: string, signal?: AbortSignal): Promise<api.Merge[]> =>
    (await data(() => http.GET(`/api/v1/${of}/{id}/merges` as '/api/v1/contacts/{id}/merges', { params: { path: { id } }, signal }))).data ?? [],
  merge: (a: string, b: string) => data(() => http.POST('/api/v1/merge', { body: { a, b } })),
  unmerge: (a: string, b: string) => data(() => http.POST('/api/v1/unmerge', { body: { a, b } })),
  playbook: (version: string, signal?: AbortSignal): Promise<api.Playbook> =>
    version
      ? data(() => http.GET('/api/v1/playbook/versions/{version}', { params: { path: { version } }, signal }))
      : data(() => http.GET('/api/v1/playbook', { signal })),
  presets: async (signal?: AbortSignal) => (await data(() => http.GET('/api/v1/playbook/presets', { signal }))).data ?? [],
  preset: (name: string, signal?: AbortSignal) => data(() => http.GET('/api/v1/playbook/presets/{name}', { params: { path: { name } }, signal })),
  playbookDiff: (from: string, to: string, signal?: AbortSignal) => data(() => http.GET('/api/v1/playbook/diff', { params: { query: { from, to } }, signal })),
  checkPlaybook: (source: string, signal?: AbortSignal): Promise<api.PlaybookCheck> => data(() => http.POST('/api/v1/playbook/validate', { body: { source }, signal })),
  planPlaybook: (source: string, signal?: AbortSignal): Promise<api.Plan> => data(() => http.POST('/api/v1/playbook/plan', { body: { source }, signal })),
  applyPlaybook: (source: string, base: string, note: string): Promise<api.Applied> => data(() => http.POST('/api/v1/playbook/apply', { body: { source }, params: { query: { base, note } } })),
  rulings: async (signal?: AbortSignal) => (await data(() => http.GET('/api/v1/playbook/history', { signal }))).data ?? [],
  keys: async (signal?: AbortSignal) => (await data(() => http.GET('/api/v1/keys', { signal }))).data ?? [],
  createKey: (body: api.NewKey): Promise<api.CreatedKey> => data(() => http.POST('/api/v1/keys', { body })),
  revokeKey: (id: string) => data(() => http.DELETE('/api/v1/keys/{id}', { params: { path: { id } } })),
  undoImport: (id: number) => data(() => http.POST('/api/v1/imports/{id}/undo', { params: { path: { id } } })),
  sendFile: (file: File, progress: (sent: number) => void, signal: AbortSignal) => signedIn(() => sendFile(file, progress, signal)),
  uploads: async (signal?: AbortSignal): Promise<api.Upload[]> => (await data(() => http.GET('/api/v1/imports/uploads', { signal }))).data ?? [],
  upload: (id: string, signal?: AbortSignal): Promise<api.Upload> => data(() => http.GET('/api/v1/imports/uploads/{id}', { params: { path: { id } }, signal })),
  dropUpload: (id: string) => data(() => http.DELETE('/api/v1/imports/uploads/{id}', { params: { path: { id } } })),
  inspectUpload: (id: string, body: api.MappingChoice, signal?: AbortSignal): Promise<api.Inspected> => data(() => http.POST('/api/v1/imports/uploads/{id}/inspect', { params: { path: { id } }, body, signal })),
  checkUpload: (id: string, body: api.MappingChoice): Promise<api.Upload> => data(() => http.POST('/api/v1/imports/uploads/{id}/check', { params: { path: { id } }, body })),
  importUpload: (id: string, body: api.MappingChoice): Promise<api.Upload> => data(() => http.POST('/api/v1/imports/uploads/{id}/import', { params: { path: { id } }, body })),
  stopUpload: (id: string): Promise<api.Upload> => data(() => http.POST('/api/v1/imports/uploads/{id}/stop', { params: { path: { id } } })),
  importFields: async (signal?: AbortSignal): Promise<api.EntityFields[]> => (await data(() => http.GET('/api/v1/imports/fields', { signal }))).data ?? [],
  importMappings: async (signal?: AbortSignal): Promise<api.RememberedMapping[]> => (await data(() => http.GET('/api/v1/imports/mappings', { signal }))).data ?? [],
  forgetImportMapping: (signature: string) => data(() => http.DELETE('/api/v1/imports/mappings/{signature}', { params: { path: { signature } } })),

  audit: (signal?: AbortSignal) => data(() => http.GET('/api/v1/audit', { params: { query: { format: 'json' } }, signal })) as Promise<api.Audited>,
  measure: (what: string, params: Params, signal?: AbortSignal): Promise<unknown> =>
    data(() => http.GET(`/api/v1/measure/${what}` as '/api/v1/measure/funnel', { params: { query: given(params) }, signal })),
  reports: async (signal?: AbortSignal) => (await data(() => http.GET('/api/v1/reports', { signal }))).data ?? [],
  report: (id: string, signal?: AbortSignal) => data(() => http.GET('/api/v1/reports/{id}', { params: { path: { id: Number(id) }, query: { format: 'json' } }, signal })) as Promise<unknown> as Promise<Frozen>,
  restatement: (id: string, signal?: AbortSignal) =>
    data(() => http.GET('/api/v1/reports/{id}/restated', { params: { path: { id: Number(id) }, query: { format: 'json' } }, signal })) as Promise<unknown> as Promise<Restatement>,
  publish: (body: NewReport) => data(() => http.POST('/api/v1/reports', { body })),
  retags: async (signal?: AbortSignal) => (await data(() => http.GET('/api/v1/retags', { signal }))).data ?? [],
  retag: (body: { match: api.RetagRule['match']; set: api.RetagRule['set']; note?: string }) => data(() => http.POST('/api/v1/retags', { body })),
  undoRetag: (id: number) => data(() => http.DELETE('/api/v1/retags/{id}', { params: { path: { id } } })),
  dashboard: (view: api.View, params: Params, signal?: AbortSignal) => data(() => http.GET('/api/v1/dashboards/{view}', { params: { path: { view }, query: given(params) }, signal })),
  schedules: (signal?: AbortSignal): Promise<api.Schedules> => data(() => http.GET('/api/v1/schedules', { signal })),
  createSchedule: (body: api.SchedulePlan): Promise<api.Schedule> => data(() => http.POST('/api/v1/schedules', { body })),
  changeSchedule: (id: string, body: api.ScheduleChange): Promise<api.Schedule> => data(() => http.PUT('/api/v1/schedules/{id}', { params: { path: { id } }, body })),
  removeSchedule: (id: string) => data(() => http.DELETE('/api/v1/schedules/{id}', { params: { path: { id } } })),
  sendSchedule: (id: string): Promise<api.Schedule> => data(() => http.POST('/api/v1/schedules/{id}/send', { params: { path: { id } } })),
  annotations: async (removed: boolean) => (await data(() => http.GET('/api/v1/annotations', { params: { query: { removed } } }))).data ?? [],
  annotate: (body: api.NewAnnotation) => data(() => http.POST('/api/v1/annotations', { body })),
  changeAnnotation: (id: string, body: api.AnnotationChange) => data(() => http.PATCH('/api/v1/annotations/{id}', { params: { path: { id } }, body })),
  removeAnnotation: (id: string) => data(() => http.DELETE('/api/v1/annotations/{id}', { params: { path: { id } } })),
  channelOf: (visit: Params, signal?: AbortSignal) => data(() => http.GET('/api/v1/channel', { params: { query: given(visit) }, signal })),

  salesOptions: (signal?: AbortSignal) => data(() => http.GET('/api/v1/sales/options', { signal })),
  questions: async (id: string, signal?: AbortSignal) => (await data(() => http.GET('/api/v1/leads/{id}/questions', { params: { path: { id } }, signal }))).data ?? [],
  acceptLead: (id: string, body: api.Acts['accept']) => data(() => http.POST('/api/v1/leads/{id}/accept', { params: { path: { id } }, body })),
  rejectLead: (id: string, body: api.Acts['reject']) => data(() => http.POST('/api/v1/leads/{id}/reject', { params: { path: { id } }, body })),
  qualifyLead: (id: string, body: api.Acts['qualify']) => data(() => http.POST('/api/v1/leads/{id}/qualify', { params: { path: { id } }, body })),
  undoLead: (id: string) => data(() => http.POST('/api/v1/leads/{id}/undo', { params: { path: { id } }, body: {} })),
  assignLead: (id: string, body: { owner: string; saw_owner?: string }) => data(() => http.POST('/api/v1/leads/{id}/assign', { params: { path: { id } }, body })),
  assignLeads: (leads: string[], owner: string, note: string) => data(() => http.POST('/api/v1/leads/assign', { body: { leads, owner, note } })),
  opportunity: (id: string, signal?: AbortSignal): Promise<api.OpportunityDetail> => data(() => http.GET('/api/v1/opportunities/{id}', { params: { path: { id } }, signal })),
  createOpportunity: (body: api.NewOpportunity): Promise<api.OpportunityDetail> => data(() => http.POST('/api/v1/opportunities', { body })),
  changeOpportunity: (id: string, body: api.OpportunityChange): Promise<api.OpportunityDetail> => data(() => http.PATCH('/api/v1/opportunities/{id}', { params: { path: { id } }, body })),
  closeOpportunity: (id: string, body: api.Closing): Promise<api.OpportunityDetail> => data(() => http.POST('/api/v1/opportunities/{id}/close', { params: { path: { id } }, body })),
  reopenOpportunity: (id: string): Promise<api.OpportunityDetail> => data(() => http.POST('/api/v1/opportunities/{id}/reopen', { params: { path: { id } } })),

  docs: async (signal?: AbortSignal) => (await data(() => http.GET('/api/v1/docs', { signal }))).data ?? [],
  doc: (name: string, signal?: AbortSignal) => data(() => http.GET('/api/v1/docs/{name}', { params: { path: { name } }, signal })),
  docsFound: async (q: string, limit: number, signal?: AbortSignal) => (await data(() => http.GET('/api/v1/docs/search', { params: { query: { q, limit } }, signal }))).data ?? [],
  views: async (signal?: AbortSignal): Promise<api.SavedView[]> => (await data(() => http.GET('/api/v1/views', { signal }))).data ?? [],
  createView: (body: api.NewView): Promise<api.SavedView> => data(() => http.POST('/api/v1/views', { body })),
  changeView: (id: string, body: api.ViewChange): Promise<api.SavedView> => data(() => http.PATCH('/api/v1/views/{id}', { params: { path: { id } }, body })),
  deleteView: (id: string) => data(() => http.DELETE('/api/v1/views/{id}', { params: { path: { id } } })),
  openWith: (page: api.SavedView['page'], view: string) => data(() => http.PUT('/api/v1/views/defaults/{page}', { params: { path: { page } }, body: { view } })),

  session: (signal?: AbortSignal): Promise<api.Session> => data(() => http.GET('/api/v1/session', { signal })),
  signOut: () => data(() => http.DELETE('/api/v1/session')),
  changePassword: (body: api.PasswordChange): Promise<api.Session> => data(() => http.PUT('/api/v1/session/password', { body })),
  secondFactor: (signal?: AbortSignal) => data(() => http.GET('/api/v1/session/second-factor', { signal })),
  beginSecondFactor: (password: string): Promise<api.NewFactor> => data(() => http.POST('/api/v1/session/second-factor', { body: { password } })),
  confirmSecondFactor: (code: string): Promise<api.Recovery> => data(() => http.POST('/api/v1/session/second-factor/confirm', { body: { code } })),
  renewRecoveryCodes: (body: api.BothFactors): Promise<api.Recovery> => data(() => http.POST('/api/v1/session/second-factor/recovery-codes', { body })),
  turnSecondFactorOff: (body: api.BothFactors) => data(() => http.POST('/api/v1/session/second-factor/off', { body })),
  sessions: async (signal?: AbortSignal) => (await data(() => http.GET('/api/v1/sessions', { signal }))).data ?? [],
  endSession: (id: string) => data(() => http.DELETE('/api/v1/sessions/{id}', { params: { path: { id } } })),
  endOtherSessions: () => data(() => http.DELETE('/api/v1/sessions')),

  users: async (signal?: AbortSignal) => (await data(() => http.GET('/api/v1/users', { signal }))).data ?? [],
  invite: (body: api.NewUser): Promise<api.Delivered> => data(() => http.POST('/api/v1/invitations', { body })),
  changeUser: (id: string, body: api.UserChange): Promise<api.User> => data(() => http.PATCH('/api/v1/users/{id}', { params: { path: { id } }, body })),
  deleteUser: (id: string): Promise<api.DeletedUser> => data(() => http.DELETE('/api/v1/users/{id}', { params: { path: { id } } })),
  resetSecondFactor: (id: string): Promise<api.User> => data(() => http.DELETE('/api/v1/users/{id}/second-factor', { params: { path: { id } } })),
  factorDemand: (signal?: AbortSignal): Promise<api.Demand> => data(() => http.GET('/api/v1/settings/second-factor', { signal })),
  demandFactor: (demanded: boolean): Promise<api.Demand> => data(() => http.PUT('/api/v1/settings/second-factor', { body: { demanded } })),
  passwordLink: (id: string): Promise<api.Delivered> => data(() => http.POST('/api/v1/users/{id}/password-link', { params: { path: { id } } })),
  endUserSessions: (id: string) => data(() => http.DELETE('/api/v1/users/{id}/sessions', { params: { path: { id } } })),
}

/** What is asked by those who are not signed in, and never brings up the question to sign in. */
export const door = {
  setUpNeeded: (signal?: AbortSignal): Promise<api.SetUp> => plain(() => http.GET('/api/v1/set-up', { signal })),
  setUp: (body: api.FirstUser): Promise<api.Session> => plain(() => http.POST('/api/v1/set-up', { body })),
  session: (): Promise<api.Session> => plain(() => http.GET('/api/v1/session')),
  signIn: (body: api.Credentials): Promise<api.Session | api.Challenge> => plain(() => http.POST('/api/v1/session', { body })),
  signInWithCode: (challenge: string, code: string): Promise<api.Session> => plain(() => http.POST('/api/v1/session/code', { body: { challenge, code } })),
  invitation: (token: string): Promise<api.Invited> => plain(() => http.POST('/api/v1/invitations/look', { body: { token } })),
  accept: (body: api.Acceptance): Promise<api.Session> => plain(() => http.POST('/api/v1/invitations/accept', { body })),
  stopMails: (token: string) => plain(() => http.POST('/api/v1/stop-mails', { body: { token } })),
  forgot: (email: string) => plain(() => http.POST('/api/v1/password-resets', { body: { email } })),
  passwordOf: (token: string): Promise<api.Invited> => plain(() => http.POST('/api/v1/password-resets/look', { body: { token } })),
  resetPassword: (token: string, password: string) => plain(() => http.POST('/api/v1/password-resets/confirm', { body: { token, password } })),
}

/** The address at which an upload's rejected rows are. */
export const rejectsOf = (id: string) => `/api/v1/imports/uploads/${id}/rejects`

/** Sends a file to wait for its import. Progress is the part that has been sent, 0 to 1. fetch tells no progress, so this is an XMLHttpRequest. */
function sendFile(file: File, progress: (sent: number) => void, signal: AbortSignal): Promise<api.Upload> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', '/api/v1/imports/uploads?' + new URLSearchParams({ file: file.name }).toString())
    request.setRequestHeader('Content-Type', file.name.endsWith('.gz') ? 'application/gzip' : 'text/csv')
    request.responseType = 'json'
    request.upload.onprogress = (e) => progress(e.lengthComputable && e.total > 0 ? e.loaded / e.total : 0)
    request.onload = () => (request.status >= 200 && request.status < 300 ? resolve(request.response as api.Upload) : reject(problem(request.status, request.response)))
    request.onerror = () => reject(new ApiError(0, ''))
    request.onabort = () => reject(new DOMException('', 'AbortError'))
    signal.addEventListener('abort', () => request.abort())
    request.send(file)
  })
}
