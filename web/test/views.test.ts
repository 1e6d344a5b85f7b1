import { describe, expect, test } from 'vitest'
import type { SavedView } from '../src/api/types'
import { choicesFor } from '../src/frame/Frame'
import { arranged, cellClass, chosenKeys, type Placed, shifted, writtenKeys } from '../src/parts/arranged'
import { eachOf } from '../src/parts/sales/useActs'
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

describe('which columns a table shows', () => {
  const columns: Placed[] = [{ key: 'name', stays: 'first' }, { key: 'intent' }, { key: 'owner', from: 'xl' }, { key: 'city', extra: true, from: 'xl' }, { key: 'menu', stays: 'last' }]
  test('without a choice its own, in its own order', () => {
    expect(arranged(columns, undefined).map((c) => c.key)).toEqual(['name', 'intent', 'owner', 'menu'])
    expect(writtenKeys(columns, ['intent', 'owner'])).toBe('')
  })
  test('with one what was chosen, between what stays, on every screen but a phone', () => {
    const shown = arranged(columns, 'city,intent,city,nonsense')
    expect(shown.map((c) => c.key)).toEqual(['name', 'city', 'intent', 'menu'])
    expect(shown.map((c) => c.from)).toEqual([undefined, 'sm', undefined, undefined])
    expect(writtenKeys(columns, ['city', 'intent'])).toBe('city,intent')
  })
  test('what the list is ranked by stands on a phone, chosen or not', () => {
    const classes = (written: string | undefined, ranking: string) => arranged(columns, written, ranking).map((c) => `${c.key} ${cellClass(c) ?? ''}`.trim())
    expect(classes('city', 'intent')).toEqual(['name', 'city mantine-visible-from-sm', 'intent mantine-hidden-from-sm', 'menu'])
    expect(classes('owner,city', 'owner')).toEqual(['name', 'owner', 'city mantine-visible-from-sm', 'menu'])
    expect(classes(undefined, 'owner')).toEqual(['name', 'intent', 'owner', 'menu'])
    expect(classes('-', 'name')).toEqual(['name', 'menu'])
  })
  test('none is a choice too', () => {
    expect(writtenKeys(columns, [])).toBe('-')
    expect(chosenKeys(columns, '-')).toEqual([])
    expect(arranged(columns, '-').map((c) => c.key)).toEqual(['name', 'menu'])
  })
  test('one moves up and down, not beyond the ends', () => {
    expect(shifted(['a', 'b', 'c'], 'b', 1)).toEqual(['a', 'c', 'b'])
    expect(shifted(['a', 'b', 'c'], 'a', -1)).toEqual(['a', 'b', 'c'])
    expect(shifted(['a', 'b'], 'x', 1)).toEqual(['a', 'b'])
  })
})

test('what is done with each of many goes on when some are refused, four at a time', async () => {
  let running = 0
  let most = 0
  const all = Array.from({ length: 11 }, (_, i) => i)
  const { done, refused } = await eachOf(all, async (i) => {
    most = Math.max(most, ++running)
    await Promise.resolve()
    running--
    if (i % 5 === 4) throw new Error(`not ${i}`)
  })
  expect(done).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 10])
  expect(refused.map(String)).toEqual(['Error: not 4', 'Error: not 9'])
  expect(most).toBe(4)
})
