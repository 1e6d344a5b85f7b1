// One deal: every touch of its account up to the close, and what each model credits it.
import { Skeleton, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { type Journey as Report, type JourneyTouch, measurement } from '../api/measure'
import { account } from '../api/queries'
import { To } from '../parts/Links'
import { Pairs } from '../parts/Pairs'
import { Empty, Failed, Lead } from '../parts/States'
import { day, moment, nameOf } from '../parts/format'
import { heat } from '../parts/measure/Cohorts'
import { chosenModels, creditText } from '../parts/measure/credits'
import { minorMoney, share } from '../parts/measure/figures'
import { Choice } from '../parts/measure/Page'
import { Sheet, type SheetColumn } from '../parts/measure/Sheet'
import { useSpan } from '../parts/measure/span'
import { labelOf } from '../parts/measure/words'
import { m } from '../strings.measure'
import { Ways } from '../parts/Ways'

export function Journey() {
  const { id } = useParams({ strict: false }) as { id: string }
  const { search } = useSpan()
  const query = useQuery(measurement(`journeys/${id}`, { moment: search.moment, look_back_days: search.look_back_days }))
  const r = query.data?.report
  return (
    <Stack gap="lg">
      <Lead title={m.journey.title} sentence={r && sentence(r)}>
        <To to="/opportunities" search={{}}>
          {m.journey.back}
        </To>
      </Lead>
      {query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
      {query.isPending && <Skeleton height={500} />}
      {r && <Body r={r} old={query.isPlaceholderData} />}
    </Stack>
  )
}

export function sentence(r: Report): string {
  const touches = r.touches ?? []
  const people = new Set(touches.map((x) => x.contact).filter(Boolean)).size
  return m.journey.sentence(r.deal.name || r.deal.id, m.behind.statuses[r.deal.status] ?? r.deal.status, touches.length, people) + '.'
}

function AccountLink({ id }: { id: string }) {
  const known = useQuery(account(id)).data
  return (
    <To to="/accounts/$id" params={{ id }} search={{}}>
      {known ? nameOf(known) : id}
    </To>
  )
}

function Body({ r, old }: { r: Report; old: boolean }) {
  const { search } = useSpan()
  const d = r.deal
  const touches = r.touches ?? []
  const models = chosenModels(search.models, r.models ?? [])
  const credited = { measure: d.amount ? ('revenue' as const) : ('count' as const), unit: r.unit, currency: r.currency }
  const total = touches.reduce((sum, x) => sum + (x.credits[models[0] ?? ''] ?? 0), 0)
  const what = (x: JourneyTouch) => x.event || x.asset || [x.source, x.medium].filter(Boolean).join(' / ')
  const columns: SheetColumn<JourneyTouch>[] = [
    { key: 'at', head: m.journey.at, cell: (x) => <span className="whole">{moment(x.at)}</span>, csv: (x) => x.at },
    {
      key: 'who',
      head: m.journey.who,
      from: 'sm',
      cell: (x) =>
        x.contact ? (
          <To to="/contacts/$id" params={{ id: x.contact }} search={{}}>
            {x.persona ? x.persona.replaceAll('_', ' ') : x.contact}
          </To>
        ) : (
          m.notKnown
        ),
      csv: (x) => x.contact,
    },
    {
      key: 'touch',
      head: m.journey.touch,
      cell: (x) => (
        <span className="name wide">
          {labelOf('channel', x.channel)}
          <span className="two">{[what(x), x.campaign].filter(Boolean).join(' · ')}</span>
          {(x.marks ?? []).map((k) => (
            <b key={k} className="two">
              {m.journey.marks[k] ?? k}
            </b>
          ))}
          {x.why && (
            <details className="two">
              <summary>{m.journey.why}</summary>
              {x.why}
            </details>
          )}
        </span>
      ),
      csv: [{ head: m.dimensions.channel!, of: (x) => x.channel }, { head: m.dimensions.campaign!, of: (x) => x.campaign }, { head: m.journey.touch, of: what }, { head: m.journey.mark, of: (x) => (x.marks ?? []).join(' ') }, { head: m.journey.why, of: (x) => x.why }],
    },
    ...models.map((k): SheetColumn<JourneyTouch> => ({
      key: k,
      head: m.attribution.models[k]?.[0] ?? k,
      figure: true,
      cell: (x) => {
        const c = x.credits[k] ?? 0
        if (c === 0) return m.none
        return (
          <span className="heat cell" style={{ '--heat': heat(Math.max(0, c), total) } as React.CSSProperties}>
            {share(total === 0 ? 0 : c / total)}
            <span className="two">{creditText(c, credited)}</span>
          </span>
        )
      },
      csv: (x) => (x.credits[k] ?? 0) / r.unit,
    })),
  ]
  return (
    <>
      {touches.length === 0 ? (
        <Empty title={m.journey.none} action={<Ways to={['tags']} docs="measurement#journeys" />} />
      ) : (
        <Sheet
          id="journey"
          title={m.journey.touches}
          hint={m.journey.hint(d.amount ? creditText(total, credited) : m.journey.deal)}
          controls={<Choice name="moment" label={m.attribution.moment} choices={Object.entries(m.attribution.moments).map(([v, words]) => [v, `${m.attribution.moment} ${words}`] as const)} width={205} />}
          columns={columns}
          rows={touches}
          rowKey={(_, i) => String(i)}
          limit={60}
          old={old}
        />
      )}
      <Pairs
        title={m.journey.facts}
        pairs={[
          [m.journey.account, d.account && <AccountLink id={d.account} />],
          [m.journey.amount, d.amount ? minorMoney(d.amount.minor, d.amount.currency) : ''],
          [m.journey.opened, day(d.opened_at)],
          [m.journey.closed, d.closed_at && day(d.closed_at)],
          [m.journey.stage, d.stage],
          [m.journey.owner, d.owner],
          [m.journey.product, d.product],
          [m.journey.leadAt, r.lead_at && day(r.lead_at)],
          [m.journey.said, r.self_reported],
        ]}
      />
    </>
  )
}
