// Today's shares of the spend beside the recommended ones, and how much hangs on one channel.
import type { Concentration, MixRow, Review } from '../../api/measure'
import { r } from '../../strings.review'
import { m } from '../../strings.measure'
import { said, share } from '../measure/figures'
import { figureColumn, Sheet, type SheetColumn } from '../measure/Sheet'

const rangeOf = (x: MixRow) => (x.low === null || x.high === null ? m.none : r.band(share(x.low), share(x.high)))

/** The answer: who has more of the spend than recommended, and who less. */
export function mixTitle(rows: readonly MixRow[]): string {
  const of = (verdict: string) => rows.filter((x) => x.verdict === verdict).map((x) => x.channel)
  return rows.some((x) => x.verdict !== 'not_judged') ? r.mix(of('above'), of('below')) : r.mixNone
}

export function Mix({ mix, old }: { mix: Review['mix']; old: boolean }) {
  const rows = mix.channels ?? []
  const most = Math.max(0.01, ...rows.map((x) => Math.max(x.high ?? 0, x.today.value ?? 0)))
  const columns: SheetColumn<MixRow>[] = [
    { key: 'channel', head: r.channel, cell: (x) => <span className="name">{x.channel}</span>, csv: (x) => x.channel, sort: (x) => x.channel },
    figureColumn('today', r.today, (x) => x.today, (x) => `mix/${x.channel}`, (x) => x.channel),
    { key: 'recommended', head: r.recommended, figure: true, cell: (x) => <span className="whole">{rangeOf(x)}</span>, csv: [{ head: m.sheet.low(r.recommended), of: (x) => x.low }, { head: m.sheet.high(r.recommended), of: (x) => x.high }] },
    { key: 'picture', head: r.mixPicture, silent: true, cell: (x) => <MixBar x={x} most={most} />, csv: [] },
    { key: 'verdict', head: r.verdict, cell: (x) => <span className={tone[x.verdict]}>{r.mixVerdicts[x.low !== null && x.verdict === 'not_judged' ? 'no_spend' : x.verdict] ?? x.verdict}</span>, csv: (x) => x.verdict, sort: (x) => x.verdict },
    { key: 'note', head: r.note, from: 'lg', cell: (x) => <span className="words">{x.note}</span>, csv: (x) => x.note },
  ]
  return (
    <div className="mix">
      <Sheet id="mix" term="mix" title={mixTitle(rows)} name={r.mixSection} hint={`${said(mix.words)} ${mix.source}`} columns={columns} rows={rows} rowKey={(x) => x.channel} old={old} />
      <ul className="legend">
        <li>
          <svg className="mixbar" aria-hidden="true">
            <rect className="today" width="22" height="8" />
          </svg>
          {r.key.today}
        </li>
        <li>
          <svg className="mixbar" aria-hidden="true">
            <rect className="range" width="22" height="8" />
          </svg>
          {r.key.range}
        </li>
      </ul>
    </div>
  )
}

const tone: Record<string, string> = { below: 'warn', above: 'warn', within: 'good', not_judged: '' }

function MixBar({ x, most }: { x: MixRow; most: number }) {
  const at = (v: number) => (v / most) * 100
  return (
    <svg className="mixbar" viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true">
      {x.low !== null && x.high !== null && <rect className="range" x={at(x.low)} width={Math.max(at(x.high - x.low), 0.6)} height="16" />}
      <rect className="today" width={at(x.today.value ?? 0)} y="4" height="8" />
    </svg>
  )
}

export function Hangs({ x, old }: { x: Review; old: boolean }) {
  const columns: SheetColumn<Concentration>[] = [
    { key: 'of', head: r.measure, cell: (c) => r.measures[c.of] ?? c.of, csv: (c) => c.of },
    figureColumn('hhi', r.hhi, (c) => c.hhi, (c) => `hhi/${c.of}`, (c) => r.measures[c.of] ?? c.of),
    { key: 'level', head: r.level, cell: (c) => <span className={c.level === 'concentrated' ? 'warn' : undefined}>{r.levels[c.hhi.undefined === 'too_few' ? 'too_few' : c.level]}</span>, csv: (c) => c.level },
    { key: 'largest', head: r.largest, cell: (c) => c.largest || m.none, csv: (c) => c.largest },
    { key: 'share', head: r.largestShare, figure: true, cell: (c) => (c.largest ? share(c.share) : m.none), csv: (c) => c.share, sort: (c) => c.share },
  ]
  return (
    <Sheet
      id="concentration"
      title={x.fragility ? said(x.fragility.words) : r.concentration}
      name={r.concentration}
      term="concentration"
      hint={x.fragility ? `${r.began(x.fragility.began, x.fragility.channel)} ${r.concentrationHint}` : r.concentrationHint}
      columns={columns}
      rows={x.concentration ?? []}
      rowKey={(c) => c.of}
      old={old}
    />
  )
}
