import { describe, expect, test } from 'vitest'
import { choices, keep, means, ofSystem, ordered, shown, take, takeSuggested } from '../src/parts/imports/mapping'
import type { Inspected } from '../src/api/types'

const m = { entity: 'contacts', columns: [{ header: 'A', trait: 'email', type: 'text' }], id: ['A', 'B'] }

describe('a mapping', () => {
  test('a column becomes something else and loses what belonged to its former meaning', () => {
    expect(take(m, 'A', 'name').columns).toEqual([{ header: 'A', trait: 'name' }])
    expect(take(m, 'A', 'name').id).toEqual(['B'])
    expect(take(m, 'Größe (cm)', keep).columns[1]).toEqual({ header: 'Größe (cm)', trait: 'größe_cm' })
    expect(take(m, 'planName', keep).columns[1]!.trait).toBe('plan_name')
    expect(m.columns[0]!.trait).toBe('email')
  })
  test('a suggestion is taken for one column', () => {
    const i = { columns: [{ header: 'X', suggestion: 'email' }, { header: 'Y', suggestion: 'email' }, { header: 'Z', suggestion: '' }] } as unknown as Inspected
    expect(takeSuggested(i, { entity: 'contacts', columns: [] }).columns).toEqual([{ header: 'X', trait: 'email' }])
  })
  test('the order of dates leaves patterns alone', () => {
    expect(ordered({ ...m, date_format: ['mdy', 'dd.MM.yyyy'] }, 'dmy').date_format).toEqual(['dmy', 'dd.MM.yyyy'])
    expect(ordered({ ...m, date_format: ['mdy'] }, '').date_format).toEqual([])
  })
  test('words and systems', () => {
    expect(means({ a: 'won' }, 'a', '')).toEqual({})
    expect(means(undefined, 'b', 'lost')).toEqual({ b: 'lost' })
    expect(ofSystem(m, '')).toEqual({ entity: 'contacts', columns: [], system: 'csv' })
  })
  test('what rows need comes first, and once', () => {
    const of = { entity: 'x', fields: [{ name: 'a', type: 'text' }, { name: 'b', type: 'text' }, { name: 'c', type: 'text' }], needs: [{ one_of: ['c', 'b'] }, { one_of: ['c'] }] }
    expect(choices(of)).toEqual(['c', 'b', 'a'])
    expect([shown({ trait: '', by: 'mapping' }, ['a']), shown({ trait: 'a', by: 'recognised' }, ['a']), shown({ trait: 'z', by: 'mapping' }, ['a']), shown({ trait: 'a', by: 'unknown' }, ['a'])]).toEqual(['skip', 'a', keep, keep])
  })
})
