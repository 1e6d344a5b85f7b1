// A saved view is what stands in a page's address. These functions go from one to the other and compare them.
import type { SavedView } from '../api/types'
import type { Search } from './Listing'

/** The pages that have saved views. */
export type ViewPage = SavedView['page']

/** Parts of an address that say where somebody is in a list, not which list it is. */
const passing = ['cursor', 'saved', 'why']

/** The address's part that a view keeps, in one order. */
export function kept(search: Search): [string, string][] {
  return Object.entries(search)
    .filter((e): e is [string, string] => !!e[1] && !passing.includes(e[0]))
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

/** What stands behind the ? of a page's address, for a view. */
export const queryOf = (search: Search) => new URLSearchParams(kept(search)).toString()

/** Whether the address shows what the view keeps. */
export const shows = (view: Pick<SavedView, 'query'>, search: Search) => queryOf(Object.fromEntries(new URLSearchParams(view.query))) === queryOf(search)

/** The search that opens a view. */
export const opening = (view: Pick<SavedView, 'id' | 'query'>): Record<string, string> => ({ ...Object.fromEntries(new URLSearchParams(view.query)), saved: view.id })

/** What the page's plain link opens: the view that the person chose for it, else everything. */
export function plainly(views: readonly SavedView[] | undefined, page: string): Record<string, string> {
  const view = views?.find((v) => v.page === page && v.default)
  return view ? opening(view) : {}
}

/** The search that says "everything", where the plain address opens a view. */
export const everything = { saved: 'all' }
