// The app's only way to the server: the client made from the API's description, and beside it the session and the upload, which
// need what it has not. It speaks as the person who signed in: the cookie goes along by itself.
import createClient from 'openapi-fetch'
import type { paths } from './schema'
import type * as api from './types'

/** A problem document (RFC 9457) as an error. Status 0: no answer came. */
export class ApiError extends Error {
  readonly status: number
  readonly field: string | undefined
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

async function data<T>(answer: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  try {
    const { data, error, response } = await answer
    if (!response.ok) throw problem(response.status, error)
    return data as T
  } catch (e) {
    if (e instanceof ApiError || (e instanceof DOMException && e.name === 'AbortError')) throw e
    throw new ApiError(0, '')
  }
}

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
}
export type List = keyof Rows

/** The address of a list, such as that of its export; empty values are left out. */
export function address(list: List, params: Params = {}): string {
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
    data(http.GET(`/api/v1/${list}` as '/api/v1/contacts', { params: { query: given(params) }, signal })) as Promise<unknown> as Promise<api.Page<Rows[L]>>,
  timeline: (of: 'accounts' | 'contacts', id: string, cursor: string, signal?: AbortSignal) =>
    data(http.GET(`/api/v1/${of}/{id}/timeline` as '/api/v1/contacts/{id}/timeline', { params: { path: { id }, query: given({ cursor, limit: 50 }) }, signal })) as Promise<unknown> as Promise<
      api.Page<api.Event>
    >,
  stats: (signal?: AbortSignal): Promise<api.Stats> => data(http.GET('/api/v1/stats', { signal })),
  account: (id: string, signal?: AbortSignal): Promise<api.AccountDetail> => data(http.GET('/api/v1/accounts/{id}', { params: { path: { id } }, signal })),
  contact: (id: string, signal?: AbortSignal): Promise<api.ContactDetail> => data(http.GET('/api/v1/contacts/{id}', { params: { path: { id } }, signal })),
  explain: (who: string, signal?: AbortSignal) => data(http.GET('/api/v1/explain', { params: { query: { who } }, signal })) as Promise<unknown> as Promise<api.Explanation>,
  playbook: (version: string, signal?: AbortSignal): Promise<api.Playbook> =>
    version
      ? data(http.GET('/api/v1/playbook/versions/{version}', { params: { path: { version } }, signal }))
      : data(http.GET('/api/v1/playbook', { signal })),
  rulings: async (signal?: AbortSignal) => (await data(http.GET('/api/v1/playbook/history', { signal }))).data ?? [],
  keys: async (signal?: AbortSignal) => (await data(http.GET('/api/v1/keys', { signal }))).data ?? [],
  createKey: (body: api.NewKey): Promise<api.CreatedKey> => data(http.POST('/api/v1/keys', { body })),
  revokeKey: (id: string) => data(http.DELETE('/api/v1/keys/{id}', { params: { path: { id } } })),
  undoImport: (id: number) => data(http.POST('/api/v1/imports/{id}/undo', { params: { path: { id } } })),
  upload,
  signIn: (key: string) => session('POST', JSON.stringify({ key })),
  signOut: () => session('DELETE'),
}

// Signing in is the server's own, not the API's: it exchanges a key for a cookie that scripts can't read.
async function session(method: string, body?: string): Promise<void> {
  const answer = fetch('/api/v1/session', { method, body, headers: body ? { 'Content-Type': 'application/json' } : {} })
  await data(answer.then(async (response) => ({ response, error: response.ok ? undefined : await response.json().catch(() => undefined) })))
}

export type Upload = { file: File; entity: string; dryRun: boolean }

/** Sends a file. Progress is the part that has been sent, 0 to 1. fetch tells no progress, so this is an XMLHttpRequest. */
function upload({ file, entity, dryRun }: Upload, progress: (sent: number) => void, signal: AbortSignal): Promise<api.Imported> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', address('imports', { entity, file: file.name, dry_run: dryRun ? 'true' : 'false' }))
    request.setRequestHeader('Content-Type', file.name.endsWith('.gz') ? 'application/gzip' : 'text/csv')
    request.responseType = 'json'
    request.upload.onprogress = (e) => progress(e.lengthComputable && e.total > 0 ? e.loaded / e.total : 0)
    request.onload = () => (request.status >= 200 && request.status < 300 ? resolve(request.response as api.Imported) : reject(problem(request.status, request.response)))
    request.onerror = () => reject(new ApiError(0, ''))
    request.onabort = () => reject(new DOMException('', 'AbortError'))
    signal.addEventListener('abort', () => request.abort())
    request.send(file)
  })
}
