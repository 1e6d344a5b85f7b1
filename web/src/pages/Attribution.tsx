// Which touches earned which revenue: models side by side over the same deals, and where and why they disagree.
import { Button, Checkbox, Popover, Stack, Text, TextInput, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Params } from '../api/client'
import { askAgain, type Attribution as Report, type AttributionRow, measurement } from '../api/measure'
import { To } from '../parts/Links'
import { useListing } from '../parts/Listing'
import { Empty } from '../parts/States'
import { count, moment } from '../parts/format'
import { chosenModels, creditText, median, sums, usual, withModel } from '../parts/measure/credits'
import { share } from '../parts/measure/figures'
import { heat } from '../parts/measure/Cohorts'
import { BehindCredit } from '../parts/measure/Behind'
import { Drill, useBasis } from '../parts/measure/Figure'
import { Choice, MeasurePage } from '../parts/measure/Page'
import { Sheet, type SheetColumn } from '../parts/measure/Sheet'
import { useSpan } from '../parts/measure/span'
import { periodText } from '../parts/measure/words'
import { t } from '../strings'
import { m } from '../strings.measure'
import { Term } from '../parts/Term'

const dimensions = ['channel', 'source', 'campaign', 'asset', 'keyword', 'persona'] as const
const lookBacks = ['365', '30', '90', '180', '730'] as const
const halfLives = ['7', '1', '3', '14', '30', '60', '90'] as const
const orders = ['1', '2', '3', '4'] as const
const replicates = '200'

/** Weights of one's own for first touch, lead, opportunity, last touch and the rest: five whole numbers, not all 0. */
export const weightsOf = (text: unknown): string | undefined => {
  const list = String(text ?? '').split(/[\s,/]+/).filter(Boolean)
  return list.length === 5 && list.every((x) => /^\d{1,4}$/.test(x)) && list.some((x) => Number(x) > 0) ? list.map(Number).join(',') : undefined
}

export function Attribution() {
  const { params, search } = useSpan(['by', 'measure', 'moment', 'look_back_days', 'half_life_days', 'order', 'weights'])
  if (!weightsOf(params.weights)) delete params.weights
  if (search.intervals) params.replicates = replicates
  const query = useQuery({ ...measurement('attribution', params), refetchInterval: (q) => askAgain(q.state.data?.reading || !!q.state.data?.report.pending?.length) })
  return (
    <MeasurePage
      publish="attribution"
      title={m.attribution.title}
      query={query}
      sentence={sentence}
      period={(r) => periodText(r.period)}
      currency={(r) => r.currency}
      controls={
        <>
          <Choice name="by" label={m.attribution.by} choices={dimensions.map((d) => [d, `${m.attribution.by} ${m.dimensions[d]!.toLowerCase()}`] as const)} width={140} />
          <Choice name="measure" label={m.attribution.measure} choices={Object.entries(m.attribution.measures)} width={140} />
          <Choice name="moment" label={m.attribution.moment} choices={Object.entries(m.attribution.moments).map(([v, words]) => [v, `${m.attribution.moment} ${words}`] as const)} width={205} />
          <Choice name="look_back_days" label={m.attribution.lookBack} choices={lookBacks.map((d) => [d, `${m.attribution.lookBack} ${m.period.days(Number(d))}`] as const)} width={165} />
          <Choice name="half_life_days" label={m.attribution.halfLife} choices={halfLives.map((d) => [d, `${m.attribution.halfLife} ${m.period.days(Number(d))}`] as const)} width={180} />
          <Choice name="order" label={m.attribution.order} choices={orders.map((d) => [d, `${m.attribution.order} ${d}`] as const)} width={150} />
          <Weights key={search.weights ?? ''} was={search.weights ?? ''} />
        </>
      }
    >
      {(r, old) => <Body r={r} old={old} params={params} />}
    </MeasurePage>
  )
}

/** The custom model's weights, asked as five numbers; they hold when Enter is pressed or the field is left. */
function Weights({ was }: { was: string }) {
  const { set } = useListing()
  const [text, setText] = useState(was)
  const wrong = text.trim() !== '' && !weightsOf(text)
  const hold = () => {
    const next = text.trim() === '' ? '' : weightsOf(text)
    if (next !== undefined && next !== was) set('weights', next)
  }
  return (
    <TextInput
      size="xs"
      w={190}
      aria-label={m.attribution.weights}
      title={m.attribution.weights}
      placeholder={m.attribution.weightsEmpty}
      value={text}
      error={wrong ? m.attribution.weightsWrong : undefined}
      onChange={(e) => setText(e.currentTarget.value)}
      onBlur={hold}
      onKeyDown={(e) => e.key === 'Enter' && hold()}
    />
  )
}

const noAnswer = '(no answer)'
const special: Record<string, string> = { '(no touch)': m.attribution.noTouch, [noAnswer]: m.attribution.noAnswer, '': m.attribution.unnamed }
const nameOf = (value: string) => special[value] ?? value
const named = (r: AttributionRow) => !(r.value in special)

const totalText = (r: Report) => creditText(r.total, r)

/** The answer: what is handed out, and between which shares of it the largest lies. */
export function sentence(r: Report): string {
  const what = m.attribution.whats[r.measure]?.(totalText(r), m.attribution.deals(r.deals)) ?? totalText(r)
  const top = (r.rows ?? []).filter(named).sort((a, b) => median(Object.values(b.credits)) - median(Object.values(a.credits)))[0]
  if (r.total === 0) return nothing(r)
  // Where no buyer was asked, what they say says nothing.
  const silent = (model: string) => r.rows?.some((x) => x.value === noAnswer && x.credits[model] === r.total)
  const credits = Object.entries(top?.credits ?? {}).filter(([model]) => usual.includes(model) && !silent(model)).map(([, c]) => c / r.total)
  if (!top || Math.max(0, ...credits) === 0) return m.attribution.untouched(what)
  return m.attribution.sentence(what, nameOf(top.value), share(Math.min(...credits)), share(Math.max(...credits))) + '.'
}

const opened = (r: Report) => r.measure === 'pipeline' || r.measure === 'count'
const nothing = (r: Report) => (opened(r) ? m.attribution.emptyPipeline : m.attribution.empty)

function Body({ r, old, params }: { r: Report; old: boolean; params: Params }) {
  const { search, set } = useListing()
  if (r.total === 0 || (r.rows ?? []).length === 0) {
    return <Empty title={nothing(r)} hint={m.attribution.emptyHint} action={<To to="/data/imports" search={{}}>{t.overview.emptyImport}</To>} />
  }
  const { pending, then } = whilePending(r)
  const models = chosenModels(search.models, [...(r.models ?? []), ...(then?.models ?? [])])
  const dimension = m.dimensions[r.dimension] ?? r.dimension
  const given = withEarlier(r.rows ?? [], then?.rows ?? [])
  const rows = [...given.filter(named), ...given.filter((x) => !named(x))].filter((x) => models.some((k) => x.credits[k]))
  const most = Math.max(0, ...rows.flatMap((x) => models.map((k) => x.credits[k] ?? 0)))
  const total: AttributionRow = { value: m.attribution.total, credits: { ...sums(r.rows ?? [], r.models ?? []), ...sums(then?.rows ?? [], then?.models ?? []) } }
  const columns: SheetColumn<AttributionRow>[] = [
    { key: 'value', head: dimension, cell: (x) => <span className="name">{nameOf(x.value)}</span>, csv: (x) => nameOf(x.value), sort: (x) => nameOf(x.value) },
    ...models.map((k): SheetColumn<AttributionRow> => {
      const name = m.attribution.models[k]?.[0] ?? k
      return {
        key: k,
        head: name,
        figure: true,
        sort: (x) => x.credits[k] ?? 0,
        cell: (x) => <Credit r={then?.models?.includes(k) ? { ...r, total: then.total } : r} row={x} model={k} most={x === total ? 0 : most} params={x === total ? undefined : params} />,
        csv: [
          { head: name, of: (x) => (x.credits[k] ?? 0) / r.unit },
          ...(search.intervals && r.rows?.some((x) => x.intervals?.[k])
            ? [{ head: m.sheet.low(name), of: (x: AttributionRow) => over(x.intervals?.[k]?.low, r.unit) }, { head: m.sheet.high(name), of: (x: AttributionRow) => over(x.intervals?.[k]?.high, r.unit) }]
            : []),
        ],
      }
    }),
  ]
  return (
    <>
      <Sheet
        id="attribution"
        title={m.attribution.table}
        hint={`${m.attribution.tableHint} ${m.attribution.adds(totalText(r))}`}
        controls={
          <>
            <Button size="compact-xs" variant="default" aria-pressed={!!search.intervals} onClick={() => set('intervals', search.intervals ? '' : '1')}>
              {search.intervals ? m.attribution.intervalsOff : m.attribution.intervals}
            </Button>
            <Columns all={r.models ?? []} chosen={models} />
          </>
        }
        columns={columns}
        rows={rows}
        rowKey={(x) => x.value}
        foot={total}
        limit={25}
        old={old}
      />
      <Pending models={pending} then={then} />
      {search.intervals && <p className="hint">{m.attribution.intervalHint}</p>}
      <Disagreements r={r} />
      <div className="columns even">
        <Legend models={models} />
        <Left r={r} />
      </div>
    </>
  )
}

/** The models that are still being worked out, and what they gave before. */
export function whilePending(r: Report) {
  return { pending: r.pending ?? [], then: r.pending?.length ? r.earlier : undefined }
}

/** Rows with the credits of an earlier moment beside those of now. */
export function withEarlier(now: readonly AttributionRow[], then: readonly AttributionRow[]): AttributionRow[] {
  const before = new Map(then.map((x) => [x.value, x]))
  const rows = now.map((x) => ({ ...x, credits: { ...x.credits, ...before.get(x.value)?.credits }, intervals: { ...x.intervals, ...before.get(x.value)?.intervals } }))
  return [...rows, ...then.filter((x) => !now.some((y) => y.value === x.value))]
}

function Pending({ models, then }: { models: readonly string[]; then: Report['earlier'] }) {
  const { position } = useBasis()
  if (models.length === 0) return null
  const names = models.map((k) => m.attribution.models[k]?.[0] ?? k).join(', ')
  return (
    <p className="hint" role="status">
      {then ? m.attribution.stale(names, moment(then.at), position - then.position) : m.attribution.pending(names)}
    </p>
  )
}

const over = (x: number | undefined, unit: number) => (x === undefined ? null : x / unit)

function Credit({ r, row, model, most, params }: { r: Report; row: AttributionRow; model: string; most: number; params: Params | undefined }) {
  const c = row.credits[model] ?? 0
  const range = row.intervals?.[model]
  if (c === 0 && !range) return <span aria-label={share(0)}>{m.none}</span>
  const look = { className: 'heat cell', style: { '--heat': heat(Math.max(0, c), most) } as React.CSSProperties }
  const says = [share(r.total === 0 ? 0 : c / r.total), creditText(c, r), ...(range ? [m.attribution.range(share(range.low / r.total), share(range.high / r.total))] : [])]
  const text = says.map((line, n) => (n === 0 ? line : <span key={n} className="two"> {line}</span>))
  if (!params) return <span {...look}>{text}</span>
  const { replicates: _, ...asked } = params
  return (
    <Drill
      {...look}
      id={`${row.value}/${model}`}
      label={`${nameOf(row.value)}, ${m.attribution.models[model]?.[0] ?? model}: ${says.join(' ')}`}
      behind={<BehindCredit params={{ ...asked, value: row.value, model }} text={(x) => creditText(x, r)} />}
    >
      {text}
    </Drill>
  )
}

function Columns({ all, chosen }: { all: readonly string[]; chosen: readonly string[] }) {
  const { set } = useListing()
  return (
    <Popover position="bottom-end" trapFocus returnFocus>
      <Popover.Target>
        <Button size="compact-xs" variant="default">
          {m.attribution.columns} {chosen.length}/{all.length}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={m.attribution.columnsHint}>
        <Stack gap={6}>
          {all.map((k) => (
            <Checkbox key={k} size="xs" label={m.attribution.models[k]?.[0] ?? k} checked={chosen.includes(k)} onChange={(e) => set('models', withModel(all, chosen, k, e.currentTarget.checked))} />
          ))}
          <Button size="compact-xs" variant="subtle" onClick={() => set('models', 'all')}>
            {m.attribution.allModels}
          </Button>
          <Button size="compact-xs" variant="subtle" onClick={() => set('models', '')}>
            {m.attribution.fewModels}
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}

function Disagreements({ r }: { r: Report }) {
  const shown = (r.disagreements ?? []).slice(0, 6)
  return (
    <section aria-label={m.attribution.disagreements}>
      <Title order={2} mb={6}>
        {m.attribution.disagreements}
      </Title>
      {shown.length === 0 ? (
        <Text c="dimmed">{m.attribution.agree}</Text>
      ) : (
        <ul className="sentences">
          {shown.map((d) => (
            <li key={d.value}>{d.words}</li>
          ))}
        </ul>
      )}
    </section>
  )
}

function Legend({ models }: { models: readonly string[] }) {
  return (
    <section aria-label={m.attribution.model}>
      <Title order={2} mb={6}>
        <Term name="model">{m.attribution.columns}</Term>
      </Title>
      <dl className="pairs">
        {models.map((k) => (
          <Model key={k} name={m.attribution.models[k]?.[0] ?? k} words={m.attribution.models[k]?.[1] ?? ''} />
        ))}
      </dl>
    </section>
  )
}

const Model = ({ name, words }: { name: string; words: string }) => (
  <>
    <dt>{name}</dt>
    <dd>{words}</dd>
  </>
)

function Left({ r }: { r: Report }) {
  const left = [...Object.entries(r.left_out), ['other_currency', r.other_currency] as const].filter(([, n]) => Number(n) > 0)
  const refused = r.refused ?? []
  return (
    <section aria-label={m.attribution.left}>
      <Title order={2} mb={6}>
        {m.attribution.left}
      </Title>
      <ul className="sentences">
        {left.length === 0 && <li>{m.attribution.nothingLeft}</li>}
        {left.map(([reason, n]) => (
          <li key={reason}>
            {m.attribution.leftOut[reason] ?? reason}: {count(Number(n))}
          </li>
        ))}
      </ul>
      {refused.length > 0 && (
        <>
          <Title order={2} mt="md" mb={6}>
            {m.attribution.refused}
          </Title>
          <ul className="sentences">
            {refused.map((x) => (
              <li key={x.name}>
                {m.attribution.models[x.name]?.[0] ?? x.name}: {x.reason}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

