import { weightsOf, withEarlier } from '../src/pages/Attribution'
import { sentence as channels } from '../src/pages/Channels'
import { sentence as sales } from '../src/pages/Sales'
import { describe, expect, test } from 'vitest'
import type { AttributionRow, Economics, Figure, Point } from '../src/api/measure'
import { heat } from '../src/parts/measure/Cohorts'
import { chosenModels, creditText, median, sums, usual, withModel } from '../src/parts/measure/credits'
import { toCSV } from '../src/parts/measure/csv'
import { at, marks, steps } from '../src/parts/measure/Curve'
import { fall, gathered } from '../src/parts/measure/waterfall'
import { figureText, intervalText, leftOutText, minorMoney, plain, rangeText, said, reasonOf, share, verdictOf, workedText, write, writeChange} from '../src/parts/measure/figures'
import { sheetCSV, sorted, type SheetColumn } from '../src/parts/measure/Sheet'
import { daysOf, spanOf, spanParams } from '../src/parts/measure/span'
import { path, pieces } from '../src/parts/measure/Trend'

const figure = (f: Partial<Figure>): Figure => ({ key: 'win_rate', value: 0.25, unit: 'ratio', n: 8, rule: 'won / closed', ...f })

describe('a figure in words', () => {
  test.each([
    [{ value: 0.2413 }, '24.1%'],
    [{ value: 5.192 }, '519%'],
    [{ value: -0.1 }, '-10%'],
    [{ key: 'coverage', value: 3.21 }, '3.2×'],
    [{ unit: 'money', currency: 'USD', value: 5490.08 }, '$54.90'],
    [{ unit: 'money', currency: 'USD', value: 977233.7 }, '$9,772'],
    [{ unit: 'money', currency: 'JPY', value: 1200 }, '¥1,200'],
    [{ unit: 'money', currency: 'KWD', value: 1250 }, 'KWD 1.250'],
    [{ unit: 'money', currency: 'XX', value: 1250 }, '12.50 XX'],
    [{ unit: 'money_per_day', currency: 'EUR', value: 155117.5 }, '€1,551 a day'],
    [{ unit: 'money_per_month', currency: 'USD', value: -2239 }, '−$22.39 a month'],
    [{ unit: 'days', value: 14.5 }, '14.5 days'],
    [{ unit: 'months', value: 1.94 }, '1.9 months'],
    [{ unit: 'count', value: 12345 }, '12,345'],
    [{ unit: 'count', value: 0.333 }, '0.3'],
    [{ value: 0 }, '0%'],
    [{ value: null }, '—'],
  ] as [Partial<Figure>, string][])('%j', (f, text) => expect(figureText(figure(f)).replaceAll('\u00a0', ' ')).toBe(text))

  test('what has no value says why, and what to do where it was not asked for', () => {
    expect(reasonOf(figure({ value: null, undefined: 'no_denominator' }))).toBe('nothing to divide by')
    expect(reasonOf(figure({ key: 'coverage', value: null, undefined: 'not_asked' }))).toBe('no target is set for the quarter')
    expect(reasonOf(figure({ value: null, undefined: 'of_a_later_version' }))).toBe('of_a_later_version')
  })

  test('intervals, open at an end or at both', () => {
    const money = { key: 'cac', unit: 'money', currency: 'USD' }
    expect(rangeText(474297, 2430616, money)).toBe('$4,743 to $24,306')
    expect(rangeText(118000, null, money)).toBe('at least $1,180')
    expect(rangeText(null, 118000, money)).toBe('at most $1,180')
    expect(rangeText(null, null, money)).toBe('too few to say')
    expect(intervalText(figure({}))).toBe('')
    expect(intervalText(figure({ unit: 'days', interval: { low: -482, high: 623, level: 0.95, method: 't' } }))).toBe('0 days to 623 days')
    expect(intervalText(figure({ key: 'roi', interval: { low: -0.14, high: 24.5, level: 0.95, method: 'poisson' } }))).toBe('-14% to 2,450%')
  })

  test('a verdict is a word, and its colour follows what is better', () => {
    const band = { low: 0.2, high: 0.3, source: 'domain defaults', better: 'higher', sure: true, verdict: 'below' }
    const of = (b: Partial<NonNullable<Figure['band']>>, f: Partial<Figure> = {}) => verdictOf(figure({ ...f, band: { ...band, ...b } }))
    expect(of({})).toEqual({ short: 'below', long: 'below the benchmark, 20% to 30%', tone: 'warn' })
    expect(of({ verdict: 'above', sure: false })).toEqual({ short: 'perhaps above', long: 'perhaps above the benchmark, 20% to 30%', tone: undefined })
    expect(of({ verdict: 'above' })?.tone).toBe('good')
    expect(of({ verdict: 'within' })?.tone).toBe('good')
    expect(of({ alarm: 'ICP drift' })).toEqual({ short: 'too low', long: 'too low: the benchmark is 20% to 30%', tone: 'bad' })
    expect(of({ alarm: 'ICP drift', sure: false })).toEqual({ short: 'perhaps too low', long: 'perhaps too low: the benchmark is 20% to 30%', tone: 'warn' })
    expect(of({ verdict: 'above', alarm_low: 0.1 })?.tone, 'an alarm on the other side').toBe('good')
    expect(of({ verdict: 'above', alarm_high: 0.4 }), 'on the way to an alarm').toEqual({ short: 'above', long: 'above the benchmark, 20% to 30%', tone: 'warn' })
    expect(of({ verdict: 'within', alarm_high: 0.4 })?.tone).toBe('good')
    expect(of({ verdict: 'below', better: 'lower' })?.tone).toBe('good')
    expect(of({ verdict: 'above', better: 'lower' })?.tone).toBe('warn')
    expect(of({ low: 8000, high: 20000, currency: 'USD', verdict: 'above', better: 'lower' }, { key: 'cpl', unit: 'money', currency: 'USD', value: 36867 })?.long).toBe('above the benchmark, $80 to $200')
    expect(of({ verdict: 'not_judged' })).toBeUndefined()
    expect(of({}, { value: null })).toBeUndefined()
    expect(verdictOf(figure({}))).toBeUndefined()
  })

  test('what it was worked out of, in the units of its parts', () => {
    expect(workedText(figure({ value: 7 / 29, numerator: 7, denominator: 29 }), 'USD')).toBe('7 ÷ 29 = 24.1%')
    expect(workedText(figure({ key: 'roi', value: 5.19, numerator: 35519364, denominator: 6840636 }), 'USD')).toBe('$355,194 ÷ $68,406 = 519%')
    expect(workedText(figure({ key: 'velocity', unit: 'money_per_day', currency: 'USD', value: 155117, numerator: 17528275, denominator: 113 }), 'USD')).toBe('$175,283 ÷ 113 days = $1,551 a day')
    expect(workedText(figure({}), 'USD')).toBe('')
  })

  test('changes of shares are in points', () => {
    expect(writeChange(-0.123, { key: 'win_rate', unit: 'ratio' })).toBe('−12.3 points')
    expect(writeChange(210318, { key: 'velocity', unit: 'money_per_day', currency: 'USD' })).toBe('+$2,103 a day')
  })

  test('what was left out, with its money', () => {
    expect(leftOutText({ reason: 'undated', count: 3 })).toBe('3 without a date')
    expect(leftOutText({ reason: 'no_rate', count: 1, money: [{ minor: 50000, currency: 'USD' }] })).toBe('1 in a currency without an exchange rate ($500)')
  })

  test('no number that is none is ever written', () => {
    for (const unit of ['ratio', 'money', 'money_per_day', 'money_per_month', 'days', 'months', 'count', 'of_a_later_version']) {
      expect(write(0, { key: 'x', unit, currency: 'USD' })).not.toMatch(/NaN|∞|undefined/)
      expect(figureText(figure({ value: null, unit }))).toBe('—')
    }
    expect([share(0), share(1), share(0.0004)]).toEqual(['0%', '100%', '0%'])
    expect(minorMoney(0, '')).toBe('0')
  })
})

describe('the span of days', () => {
  const today = new Date(2026, 1, 10) // in February
  test('quarters and the twelve months up to a day', () => {
    expect(daysOf('quarter', today)).toEqual({ from: '2026-01-01', to: '2026-02-10' })
    expect(daysOf('last-quarter', today)).toEqual({ from: '2025-10-01', to: '2025-12-31' })
    expect(daysOf('year', today)).toEqual({ from: '2025-02-11', to: '2026-02-10' })
    expect(daysOf('last-quarter', new Date(2026, 8, 30))).toEqual({ from: '2026-04-01', to: '2026-06-30' })
  })
  test('stands in the URL; what is none is the default, the year by the workspace\'s calendar', () => {
    expect(spanOf({ period: 'ages' })).toBe('year')
    expect(spanParams({}, today)).toEqual({})
    expect(spanParams({ period: 'quarter' }, today)).toEqual({ from: '2026-01-01', to: '2026-02-10' })
    expect(spanParams({ period: 'custom', from: '2026-01-05', to: 'soon' }, today)).toEqual({ from: '2026-01-05', to: undefined })
  })
})

describe('a sheet', () => {
  type Row = { name: string; cac: number | null }
  const rows: Row[] = [{ name: 'b', cac: null }, { name: 'a', cac: 2 }, { name: 'c, "x"', cac: 7 }]
  const columns: SheetColumn<Row>[] = [
    { key: 'name', head: 'Channel', cell: (r) => r.name, csv: (r) => r.name },
    { key: 'cac', head: 'CAC', cell: (r) => r.cac, csv: [{ head: 'CAC', of: (r) => r.cac }, { head: 'CAC, low', of: (r) => r.cac && r.cac / 2 }] },
  ]
  test('is sorted, what has no value last either way', () => {
    expect(sorted(rows, (r) => r.cac, false).map((r) => r.cac)).toEqual([7, 2, null])
    expect(sorted(rows, (r) => r.cac, true).map((r) => r.cac)).toEqual([2, 7, null])
    expect(sorted(rows, (r) => r.name, false).map((r) => r.name[0])).toEqual(['a', 'b', 'c'])
  })
  test('is exported as CSV', () => expect(sheetCSV(columns, rows)).toBe('Channel,CAC,"CAC, low"\nb,,\na,2,1\n"c, ""x""",7,3.5\n'))
  test('no cell of it is a formula to a spreadsheet', () => {
    expect(toCSV([['=1+1', '@x', '+49 30', '-1.5', '+3', '\tx', -2, Number.NaN, null]])).toBe("'=1+1,'@x,'+49 30,-1.5,+3,'\tx,-2,,\n")
  })
  test('money leaves in major units', () => {
    expect(plain(5490, figure({ unit: 'money', currency: 'USD' }))).toBe(54.9)
    expect(plain(1200, figure({ unit: 'money', currency: 'JPY' }))).toBe(1200)
    expect(plain(0.25, figure({}))).toBe(0.25)
    expect(plain(undefined, figure({}))).toBeNull()
  })
})

test.each([['30,30,30,0,10', '30,30,30,0,10'], ['1 2/3, 4 5', '1,2,3,4,5'], ['0,0,0,0,0', undefined], ['1,2,3', undefined], ['a,1,1,1,1', undefined], ['', undefined]])('weights %s', (text, want) => expect(weightsOf(text)).toBe(want))

describe('credits of models', () => {
  test('earlier ones stand beside those of now, and what has only earlier ones stays', () => {
    const now = [{ value: 'A', credits: { first: 7 } }, { value: 'C', credits: { first: 1 } }] as unknown as AttributionRow[]
    const then = [{ value: 'B', credits: { markov: 2 } }, { value: 'A', credits: { markov: 5 }, intervals: { markov: { low: 1, high: 9 } } }] as unknown as AttributionRow[]
    expect(withEarlier(now, then)).toEqual([
      { value: 'A', credits: { first: 7, markov: 5 }, intervals: { markov: { low: 1, high: 9 } } },
      { value: 'C', credits: { first: 1 }, intervals: {} },
      { value: 'B', credits: { markov: 2 } },
    ])
  })
  const all = ['first', 'last', 'linear', 'markov']
  const rows = [{ value: 'A', credits: { first: 7, last: -2, linear: 3 } }, { value: 'B', credits: { first: 3, last: 12, linear: 7 } }] as unknown as AttributionRow[]
  test('add up', () => expect(sums(rows, ['first', 'last', 'linear', 'markov'])).toEqual({ first: 10, last: 10, linear: 10, markov: 0 }))
  test('columns are those of the URL, in the report\'s order, and never none', () => {
    expect(chosenModels(undefined, all)).toEqual(all.filter((k) => usual.includes(k)))
    expect(chosenModels('markov,first,nonsense', all)).toEqual(['first', 'markov'])
    expect(chosenModels('all', all)).toEqual(all)
    expect(chosenModels('nonsense', all)).toEqual(all)
  })
  test('choosing a column says so in the URL, the usual ones say nothing, and one stays', () => {
    expect(withModel(all, ['first', 'linear', 'markov'], 'last', true)).toBe('all')
    expect(withModel(all, ['first', 'linear'], 'markov', true)).toBe('')
    expect(withModel(all, ['first', 'linear'], 'linear', false)).toBe('first')
    expect(withModel(all, ['first'], 'first', false)).toBe('first')
  })
  test('are money, or deals', () => {
    expect(creditText(42360000, { measure: 'revenue', unit: 100, currency: 'USD' })).toBe('$423,600')
    expect(creditText(2_500_000, { measure: 'won', unit: 1_000_000, currency: 'USD' })).toBe('2.5')
  })
  test('the middle one', () => expect([median([]), median([3]), median([9, 1, 5]), median([4, 1, 2, 9])]).toEqual([0, 3, 5, 3]))
})

describe('drawings', () => {
  const point = (day: number, rate: number) => ({ day, rate }) as Point
  const curve = [point(2, 0.1), point(10, 0.4)]
  test('a curve stays where it is until its next step', () => {
    expect([at(curve, 1), at(curve, 2)?.rate, at(curve, 9)?.rate, at(curve, 99)?.rate]).toEqual([undefined, 0.1, 0.1, 0.4])
    expect(steps(curve, (p) => p.rate, 20)).toEqual([[0, 0], [2, 0], [2, 0.1], [10, 0.1], [10, 0.4], [20, 0.4]])
  })
  test('an axis has few round marks', () => {
    expect(marks(0.02)).toEqual([0, 0.005, 0.01, 0.015, 0.02])
    expect(marks(1)).toEqual([0, 0.2, 0.4, 0.6000000000000001, 0.8, 1])
  })
  test('a month without a value is a gap in the line', () => {
    expect(pieces([4, null, 2, 4], 30, 10)).toEqual([[[0, 0]], [[20, 5], [30, 0]]])
    expect(pieces([null])).toEqual([])
    expect(pieces([3], 30, 10)).toEqual([[[15, 0]]])
    expect(path([[0, 1], [2, 3.25]])).toBe('M0.0 1.0L2.0 3.3')
  })
  test('a fall goes from before to after, part by part', () => {
    const bars = fall(10, [{ name: 'a', effect: 'factor', value: 20, words: '' }, { name: 'b', effect: 'factor', value: -40, words: '' }], -10)
    expect(bars.map((b) => [b.name, b.from, b.to])).toEqual([['before', 25, 50], ['a', 50, 100], ['b', 0, 100], ['after', 0, 25]])
    expect(fall(0, [], 0).every((b) => b.from === 0 && b.to === 0)).toBe(true)
  })
  test('of many parts the smallest are added up, and all still add up', () => {
    const parts = [5, -4, 3, 0, -2, 1].map((value, i) => ({ name: String(i), effect: 'rate', value, words: '' }))
    expect(gathered(parts, 3).map((p) => [p.name, p.effect, p.value])).toEqual([['0', 'rate', 5], ['1', 'rate', -4], ['', 'rest', 2]])
    expect(gathered(parts, 9).map((p) => p.value)).toEqual([5, -4, 3, -2, 1])
  })
  test('shade is of the largest, and none where all is nothing', () => expect([heat(0.5, 1), heat(1, 1), heat(0, 0)]).toEqual([23, 45, 0]))
})

test.each([
  ['423,600 USD won in 7 deals, 6.5% more than the 397,700 USD before', '$423,600 won in 7 deals, 6.5% more than the $397,700 before'],
  ['average deal went from 99,425.00 USD to 60,514.29 USD: −677.47 USD a day', 'Average deal went from $99,425 to $60,514: −$677 a day'],
  ['at 12.50 EUR (+3.48 USD)', 'At €12.50 (+$3.48)'],
  ['30 MQL within 90 days', '30 MQL within 90 days'],
  ['openings: nothing is known before 2026-11-22.', 'Openings: nothing is known before Nov 22, 2026.'],
])('a sentence of the server is written as the screen writes: %s', (from, to) => expect(said(from)).toBe(to))

test('what money brought is said of what the data hold, and of nothing else', () => {
  const row = (channel: string, minor: number, leads: number, customers: number, undefined = '') => ({ channel, spend: { minor, currency: 'USD', rows: minor ? 1 : 0 }, leads, mqls: 0, sqls: 0, opportunities: customers, customers, cac: { value: null, undefined } })
  const of = (blended: object, ...list: object[]) => channels({ blended, channels: list } as unknown as Economics)
  expect(of(row('', 1208000, 14, 0, 'no_deals'), row('LinkedIn ads', 1208000, 14, 0, 'no_deals'))).toBe("$12,080 brought 14 leads; no opportunity of these days is known, so what came of it can't be told.")
  expect(of(row('', 1208000, 0, 0, 'no_deals'))).toBe("$12,080 was spent; no opportunity of these days is known, so what came of it can't be told.")
  expect(of(row('', 755000, 40, 7), row('Google search', 755000, 40, 0), row('', 0, 0, 7))).toBe("$7,550 brought 40 leads and 7 customers; no touch is known before their deals, so which channel won them can't be told: import visits or lead sources.")
  expect(of(row('', 755000, 40, 0), row('Google search', 755000, 40, 0, 'no_touches'))).toBe('$7,550 brought 40 leads and 0 customers.')
  expect(of(row('', 0, 0, 1), row('', 0, 0, 1))).toBe('No lead came, and no cost is recorded: what a lead costs is not known.')
  expect(of(row('', 755000, 40, 0), row('Google search', 755000, 40, 0))).toBe('$7,550 brought 40 leads and 0 customers; 1 channel with $7,550 of spend has won none.')
})

test('one deal makes no confident forecast', () => {
  const money = (key: string, value: number, low: number, high: number) => ({ key, unit: 'money', currency: 'USD', value, undefined: '', n: 1, interval: { low, high, level: 0.8, method: 'simulated' } })
  const of = (open: number, low: number) =>
    sales({ total: { open, won: 1, lost: 0, velocity: { velocity: { ...money('velocity', 0, 0, 0), unit: 'money_per_day' } } }, change: { value: null }, forecast: { expected: money('forecast', 1200000, low, 1200000) } } as unknown as Parameters<typeof sales>[0])
  expect(of(0, 1200000)).toBe('No deal is open, so the pipeline brings nothing; the quarter is to end at $12,000.')
  expect(of(1, 900000)).toContain('; the quarter is to end at $12,000 ($9,000 to $12,000 with 80% confidence).')
})
