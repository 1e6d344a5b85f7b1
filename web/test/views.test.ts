import { describe, expect, test } from 'vitest'
import type { SavedView } from '../src/api/types'
import { choicesFor } from '../src/frame/Frame'
import { opening, plainly, queryOf, shows } from '../src/parts/savedViews'

const view = (v: Partial<SavedView>): SavedView => ({
  id: 'view_1', page: 'accounts', name: 'Best', query: '', shared: false, author: 'Ann', own: true, editable: true, default: false, revision: 1, created_at: '', changed_at: '', ...v,
})

describe('a view and the address', () => {
  test('it keeps filters, sort and columns in one order, not where somebody is in the list', () => {
    expect(queryOf({ sort: 'name', q: 'müller & söhne', cursor: 'c', saved: 'view_1', why: 'acc_1', grade: '', stage: undefined })).toBe('q=m%C3%BCller+%26+s%C3%B6hne&sort=name')
  })
  test('it is told from a changed one whatever the order and the spelling', () => {
    const v = view({ query: 'q=a%2Ab~c&sort=name' })
    expect(shows(v, { sort: 'name', q: 'a*b~c', saved: 'view_1', cursor: 'x' })).toBe(true)
    expect(shows(v, { sort: 'name' })).toBe(false)
    expect(shows(v, { ...opening(v), grade: 'A' })).toBe(false)
    expect(shows(v, opening(v))).toBe(true)
  })
  test('a page opens with the view chosen for it', () => {
    const all = [view({ id: 'view_1', query: 'grade=A' }), view({ id: 'view_2', page: 'leads', query: 'stage=mql', default: true })]
    expect(plainly(all, 'leads')).toEqual({ stage: 'mql', saved: 'view_2' })
    expect(plainly(all, 'accounts')).toEqual({})
    expect(plainly(undefined, 'leads')).toEqual({})
  })
  test('the palette finds it, and opens the page as the navigation does', () => {
    const all = choicesFor((s) => s === 'read', [view({ name: 'MQLs nobody has', page: 'leads', query: 'owned=false', default: true })])
    expect(all.find((c) => c.label === 'MQLs nobody has')).toMatchObject({ to: '/leads', search: { owned: 'false', saved: 'view_1' }, below: 'Leads' })
    expect(all.find((c) => c.id === '/leads')).toMatchObject({ search: { owned: 'false', saved: 'view_1' } })
    expect(choicesFor(() => false, [view({})]).some((c) => c.id === 'view_1')).toBe(false)
  })
})
