// Forms and YAML edit one document: a change through a form says exactly what it should, and leaves the rest of the text as it stands.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { commentAt, insert, lineOf, move, NotHere, read, remove, set } from '../src/playbook/edit'
import { at, type Path, pathText } from '../src/playbook/path'

const presets = ['smb', 'mid-market', 'enterprise', 'fit-70', 'mql-100']
const preset = (name: string) => readFileSync(`../internal/playbook/presets/${name}.yaml`, 'utf8')
const mid = preset('mid-market')
const value = (text: string) => read(text).value

/** Lines that only one of two texts has. */
function changed(a: string, b: string): [string[], string[]] {
  const [la, lb] = [a.split('\n'), b.split('\n')]
  const less = (x: string[], y: string[]) => {
    const left = [...y]
    return x.filter((l) => {
      const i = left.indexOf(l)
      if (i >= 0) left.splice(i, 1)
      return i < 0
    })
  }
  return [less(la, lb), less(lb, la)]
}

function leaves(v: unknown, path: Path = []): Path[] {
  if (typeof v !== 'object' || v === null) return [path]
  return Object.entries(v).flatMap(([k, x]) => leaves(x, [...path, Array.isArray(v) ? Number(k) : k]))
}

describe('one value', () => {
  test.each(presets)('values of %s can be changed, on its own line alone, and changed back', (name) => {
    const text = preset(name)
    const all = leaves(value(text))
    for (const path of all.filter((_, i) => i % 23 === 0)) {
      const old = at(value(text), path)
      const next = typeof old === 'number' ? old + 1 : typeof old === 'boolean' ? !old : `${String(old)}, "x": #1`
      const edited = set(text, path, next)
      expect(at(value(edited), path), pathText(path)).toEqual(next)
      const [out, in_] = changed(text, edited)
      expect([out.length, in_.length], pathText(path)).toEqual([1, 1])
      expect(value(set(edited, path, old)), pathText(path)).toEqual(value(text))
    }
  }, 60_000)

  test('comments beside the value stay', () => {
    const [, line] = changed(mid, set(mid, ['lifecycle', 'mql', 'intent'], 55))
    expect(line).toEqual(['    intent: 55  # our choice: pricing twice and a webinar, or a month of steady research'])
  })

  test.each(['yes', '09:30', '2026', 'a: b', '- x', '', ' x ', 'a\nb', '#x', 'null', '{a}', '1_000', '.5'])('the text %j stays a text', (word) => {
    for (const path of [['name'], ['channels', 0, 'name'], ['channels', 0, 'sources', 0], ['icp', 0, 'disqualifiers', 1, 'like', 0]]) {
      expect(at(value(set(mid, path, word)), path)).toBe(word)
    }
  })

  test('what is not there is added where it belongs, in the way of its neighbours', () => {
    expect(changed(mid, set(mid, ['icp', 0, 'criteria', 2, 'must'], true))).toEqual([[], ['        must: true']])
    expect(changed(mid, set(mid, ['icp', 0, 'criteria', 0, 'bands', 1, 'exists'], true))[1]).toEqual(['          - {min: 2001, max: 5000, points: 12, exists: true}'])
    expect(changed(mid, set(mid, ['workspace', 'hosts'], ['acme.example', '1und1.example']))).toEqual([[], ['  hosts: [acme.example, "1und1.example"]']])
    const small = set('format: 1', ['workspace', 'timezone'], 'UTC')
    expect(small).toBe('format: 1\nworkspace: {timezone: UTC}')
  })

  test('taking a value out takes its line', () => {
    expect(changed(mid, set(mid, ['rubric', 'behaviors', 3, 'cap'], undefined))).toEqual([['      cap: 60'], []])
    expect(changed(mid, set(mid, ['icp', 0, 'criteria', 0, 'bands', 0, 'max'], undefined))[1]).toEqual([
      '          - {min: 200, points: 20}  # our choice: the size that the best won deals have; replace by your own 10–20 best',
    ])
    expect(set(mid, ['rubric', 'behaviors', 3, 'nothing'], undefined)).toBe(mid)
  })
})

describe('lists', () => {
  test.each(presets)('entries of lists of %s can be taken out, added and moved, with every comment kept', (name) => {
    const text = preset(name)
    const lists = new Map(leaves(value(text)).flatMap((p) => p.flatMap((s, i) => (typeof s === 'number' ? [[pathText(p.slice(0, i)), p.slice(0, i)] as const] : []))))
    const comments = (t: string) => t.split('\n').filter((l) => l.trim().startsWith('#'))
    for (const path of [...lists.values()].filter((_, i) => i % 11 === 0)) {
      const list = at(value(text), path) as unknown[]
      for (const i of new Set([0, list.length - 1])) {
        const less = remove(text, [...path, i])
        expect(at(value(less), path) ?? [], pathText(path)).toEqual(list.toSpliced(i, 1))
        expect(at(value(insert(text, path, i, list[0])), path), pathText(path)).toEqual(list.toSpliced(i, 0, list[0]))
        const away = move(text, path, i, list.length - 1 - i)
        expect(at(value(away), path), pathText(path)).toEqual(list.toSpliced(i, 1).toSpliced(list.length - 1 - i, 0, list[i]))
        expect(comments(away)).toEqual(comments(text))
        if (list.length > 1) expect(comments(less)).toEqual(comments(text))
      }
    }
  }, 60_000)

  test('entries that stay keep their lines', () => {
    const text = 'a:\n  - x  # first\n  - y  # second\n  - z\nb: 1\n'
    expect(set(text, ['a'], ['x', 'new', 'z'])).toBe('a:\n  - x  # first\n  - new\n  - z\nb: 1\n')
    expect(set(text, ['a'], ['x', 'y', 'z', 'w'])).toBe('a:\n  - x  # first\n  - y  # second\n  - z\n  - w\nb: 1\n')
    expect(set(text, ['a'], ['w', 'x', 'y', 'z'])).toBe('a:\n  - w\n  - x  # first\n  - y  # second\n  - z\nb: 1\n')
    expect(set(text, ['a'], [])).toBe('b: 1\n')
    expect(set('a:\n  - x', ['a'], ['x', 'w'])).toBe('a:\n  - x\n  - w\n')
  })

  test('a new behavior is written as its neighbours are', () => {
    const behavior = { id: 'new_one', label: 'New one', on: 'track', events: ['New One'], points: 5, window_days: 30, cap: 15, funnel: 'awareness' }
    const next = insert(mid, ['rubric', 'behaviors'], 1, behavior)
    expect(next.split('\n').filter((l) => !mid.split('\n').includes(l))).toEqual(['    - id: new_one', '      label: New one', '      events: [New One]', '      points: 5'])
    expect(value(remove(next, ['rubric', 'behaviors', 1]))).toEqual(value(mid))
    expect(remove(next, ['rubric', 'behaviors', 1])).toBe(mid)
  })
})

describe('texts that are written otherwise', () => {
  test('what an alias stands for is not changed behind its back', () => {
    const text = 'a: &x {p: 1}\nb: *x\n'
    expect(() => set(text, ['b', 'p'], 2)).toThrow(NotHere)
    expect(value(set(text, ['a', 'p'], 1))).toEqual({ a: { p: 1 }, b: { p: 1 } })
  })
  test('a text that can not be read is not written over', () => expect(() => set('a: [1\nb: 2', ['b'], 3)).toThrow(NotHere))
  test('block texts and empty values are written anew', () => {
    expect(value(set('a: |\n  one\n  two\nb: 1\n', ['a'], 'three'))).toEqual({ a: 'three', b: 1 })
    expect(value(set('a:\nb: 1\n', ['a'], 'x'))).toEqual({ a: 'x', b: 1 })
    expect(value(set('a: 1\r\nb: 2\r\n', ['b'], 3))).toEqual({ a: 1, b: 3 })
  })
})

test('where a value stands, and what the text says of it', () => {
  const r = read(mid)
  const line = lineOf(r, ['lifecycle', 'mql', 'intent'])
  expect(mid.split('\n')[line - 1]).toContain('intent: 60')
  expect(lineOf(r, ['lifecycle', 'mql', 'nothing'])).toBe(lineOf(r, ['lifecycle', 'mql']))
  expect(commentAt(r, ['rubric', 'behaviors', 3, 'points'])).toBe('published: pricing page 20')
  expect(read('a: [1\nb: 2').problem?.line).toBeGreaterThan(0)
})
