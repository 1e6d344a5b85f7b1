// What the pages before signing in share: where to go afterwards, what stands in links, and where a problem is shown.
import { ApiError } from '../api/client'
import { messageOf } from '../parts/States'

/** The pages that are for people who are not signed in. */
export const doors = ['/sign-in', '/set-up', '/invitation', '/password', '/forgot']

/** Where to go after signing in: a path of this app, never another site. */
export function safeNext(next: string | undefined): string {
  if (!next || !/^\/(?![/\\])/.test(next)) return '/'
  try {
    const url = new URL(next, 'https://here.invalid')
    if (url.origin !== 'https://here.invalid' || doors.includes(url.pathname) || url.pathname.startsWith('//')) return '/'
    return url.pathname + url.search + url.hash
  } catch {
    return '/'
  }
}

/** The token of a link; it stands behind #, which browsers do not send. */
export const tokenIn = (hash: string): string => new URLSearchParams(hash.replace(/^#/, '')).get('token') ?? ''

/** The field that a problem names, without the part of the request it is in. */
const named = (error: unknown) => (error instanceof ApiError ? error.field?.replace(/^body\./, '') : undefined)

/** What a problem says about a field. */
export const fieldOf = (error: unknown, field: string): string | undefined => (named(error) === field ? messageOf(error) : undefined)

/** What a problem says that is about none of the fields. */
export const otherwise = (error: unknown, fields: readonly string[]): string | undefined => (error && !fields.includes(named(error) ?? '') ? messageOf(error) : undefined)
