// Open deals by stage. A card is moved by the mouse, by [ and ], or by its menu; a touch screen has the menu. Shown at once, taken back when the
// server refuses.
import { ActionIcon, Menu, Skeleton, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react'
import { client, type Params } from '../../api/client'
import { listOf } from '../../api/queries'
import { looksAgain, salesOptions } from '../../api/sales'
import type { Opportunity, Page } from '../../api/types'
import { t } from '../../strings'
import { s } from '../../strings.sales'
import { ago, count, dealName, money } from '../format'
import { To } from '../Links'
import { useMay } from '../may'
import { Empty, Failed, isConflict, messageOf } from '../States'
import { CloseDeal } from './forms'
import { Ways } from '../Ways'

/** As many as the board shows: the largest. */
export const boardLimit = 500

/** Stages with their deals: the known stages in their order, then any other. */
export function columnsOf(stages: readonly string[], deals: readonly Opportunity[]): { stage: string; deals: Opportunity[] }[] {
  const all = [...stages, ...new Set(deals.map((d) => d.stage).filter((x) => !stages.includes(x)))]
  return all.map((stage) => ({ stage, deals: deals.filter((d) => d.stage === stage) }))
}

/** The sums of deals by currency, in words. */
export function worth(deals: readonly Pick<Opportunity, 'amount' | 'currency'>[]): string {
  const sums = new Map<string, number>()
  for (const d of deals) if (Number(d.amount) !== 0) sums.set(d.currency, (sums.get(d.currency) ?? 0) + Number(d.amount))
  return [...sums].map(([currency, sum]) => money(sum.toFixed(2), currency)).join(' + ')
}

export function Board({ filter }: { filter: Params }) {
  const may = useMay()('sales')
  const queries = useQueryClient()
  const options = useQuery(salesOptions)
  const query = useQuery(listOf('opportunities', { ...filter, status: 'open', sort: 'amount', limit: boardLimit }))
  const [closing, setClosing] = useState<{ o: Opportunity; status: 'won' | 'lost' }>()
  const board = useRef<HTMLDivElement>(null)
  const kept = useRef<string | undefined>(undefined) // the card that keeps the focus when it comes to another column
  const move = useMutation({
    mutationFn: ({ o, stage }: { o: Opportunity; stage: string }) => client.changeOpportunity(o.id, { stage, saw: { stage: o.stage } }),
    onMutate: async ({ o, stage }) => {
      await queries.cancelQueries({ queryKey: ['list', 'opportunities'] })
      const before = queries.getQueriesData<Page<Opportunity>>({ queryKey: ['list', 'opportunities'] })
      queries.setQueriesData<Page<Opportunity>>({ queryKey: ['list', 'opportunities'] }, (p) => p && { ...p, data: p.data.map((d) => (d.id === o.id ? { ...d, stage } : d)) })
      return before
    },
    onSuccess: (_, { o, stage }) => notifications.show({ message: s.deals.moved(dealName(o), stage), closeButtonProps: { 'aria-label': t.close } }),
    onError: (error, _, before) => {
      before?.forEach(([key, data]) => queries.setQueryData(key, data))
      notifications.show({ title: isConflict(error) ? s.faster : undefined, message: messageOf(error), color: 'red', closeButtonProps: { 'aria-label': t.close } })
    },
    onSettled: async () => {
      await looksAgain(queries)
      kept.current = undefined
    },
  })
  useEffect(() => {
    if (kept.current && document.activeElement === document.body) board.current?.querySelector<HTMLElement>(`[data-card="${kept.current}"] a`)?.focus()
  })
  const drag = useDrag(board, (id, stage) => {
    const o = query.data?.data.find((d) => d.id === id)
    if (o && o.stage !== stage) move.mutate({ o, stage })
  })
  if (query.isError && !query.data) return <Failed error={query.error} retry={() => void query.refetch()} />
  if (!query.data || !options.data) return <Skeleton height={320} />
  const columns = columnsOf(options.data.deal_stages ?? [], query.data.data)
  const stages = columns.map((c) => c.stage)
  if (query.data.data.length === 0) return <Empty title={s.deals.newCompany} hint={s.deals.newCompanyHint} action={<Ways to={['import']} docs="handoff#opportunities" />} />
  const step = (o: Opportunity, by: number) => {
    const stage = stages[stages.indexOf(o.stage) + by]
    if (!stage) return
    kept.current = o.id
    move.mutate({ o, stage })
  }
  const onKey = (e: KeyboardEvent, o: Opportunity) => {
    if (may && (e.key === '[' || e.key === ']')) {
      e.preventDefault()
      step(o, e.key === ']' ? 1 : -1)
      return
    }
    walk(e, board.current)
  }
  return (
    <>
      {query.data.next_cursor && <Text c="dimmed">{s.deals.more(boardLimit)}</Text>}
      <div className="board" ref={board} data-dragging={drag.id || undefined}>
        {columns.map((c) => (
          <section key={c.stage} data-stage={c.stage} data-over={drag.over === c.stage || undefined} aria-label={s.deals.column(c.stage, c.deals.length)}>
            <header>
              <Text fw={600} size="sm" truncate>
                {c.stage || t.unknown}
              </Text>
              <Text size="xs" c="dimmed">
                {count(c.deals.length)}
                {worth(c.deals) && ` · ${worth(c.deals)}`}
              </Text>
            </header>
            {c.deals.length === 0 && (
              <Text size="xs" c="dimmed">
                {s.deals.emptyColumn}
              </Text>
            )}
            <ul>
              {c.deals.map((o) => (
                <li key={o.id} data-card={o.id} data-dragged={drag.id === o.id || undefined} onKeyDown={(e) => onKey(e, o)} {...(may && drag.handlers(o.id))}>
                  <div className="top">
                    <To to="/opportunities/$id" params={{ id: o.id }} search={{}} draggable={false} aria-keyshortcuts={may ? '[ ]' : undefined}>
                      {dealName(o)}
                    </To>
                    {may && (
                      <Menu position="bottom-end" width={210}>
                        <Menu.Target>
                          <ActionIcon size="sm" variant="subtle" color="gray" aria-label={s.actionsOf(dealName(o))}>
                            ⋯
                          </ActionIcon>
                        </Menu.Target>
                        <Menu.Dropdown>
                          <Menu.Label>{s.deals.move}</Menu.Label>
                          {stages.filter((x) => x !== o.stage).map((x) => (
                            <Menu.Item key={x} onClick={() => move.mutate({ o, stage: x })}>
                              {x || t.unknown}
                            </Menu.Item>
                          ))}
                          <Menu.Divider />
                          <Menu.Item onClick={() => setClosing({ o, status: 'won' })}>{s.deals.win}…</Menu.Item>
                          <Menu.Item onClick={() => setClosing({ o, status: 'lost' })}>{s.deals.lose}…</Menu.Item>
                        </Menu.Dropdown>
                      </Menu>
                    )}
                  </div>
                  <Text size="xs" className="wrap">
                    {o.account?.name}
                  </Text>
                  <Text size="xs" c="dimmed" className="wrap">
                    {[Number(o.amount) !== 0 && money(o.amount, o.currency), o.owner, o.opened_at && ago(o.opened_at)].filter(Boolean).join(' · ')}
                  </Text>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
      {closing && <CloseDeal {...closing} close={() => setClosing(undefined)} />}
    </>
  )
}

// Arrows walk the cards: up and down in a column, left and right to the next column that has any.
function walk(e: KeyboardEvent, board: HTMLElement | null) {
  const by = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[e.key]
  if (!by || !board || (e.target as HTMLElement).tagName !== 'A') return
  const columns = Array.from(board.querySelectorAll('section'), (c) => Array.from(c.querySelectorAll<HTMLElement>('li .top > a')))
  const at = columns.findIndex((c) => c.includes(e.target as HTMLElement))
  const row = columns[at]?.indexOf(e.target as HTMLElement) ?? 0
  let to: HTMLElement | undefined
  if (by[0] === 0) to = columns[at]?.[row + by[1]!]
  else for (let i = at + by[0]!; columns[i] && !to; i += by[0]!) to = columns[i]![Math.min(row, columns[i]!.length - 1)]
  if (!to) return
  e.preventDefault()
  to.focus()
}

// Dragging by the mouse: it begins when the pointer has left the place where it went down, and ends in the column under it.
function useDrag(board: { current: HTMLElement | null }, drop: (id: string, stage: string) => void) {
  const [state, setState] = useState<{ id: string; over: string | undefined }>()
  const from = useRef<{ id: string; x: number; y: number; moved: boolean } | undefined>(undefined)
  const stageAt = (x: number, y: number) => {
    const column = document.elementsFromPoint(x, y).find((el) => el instanceof HTMLElement && el.dataset.stage !== undefined && board.current?.contains(el))
    return (column as HTMLElement | undefined)?.dataset.stage
  }
  const end = () => {
    from.current = undefined
    setState(undefined)
  }
  const handlers = (id: string) => ({
    onPointerDown: (e: PointerEvent<HTMLElement>) => {
      if (e.pointerType !== 'mouse' || e.button !== 0 || (e.target as HTMLElement).closest('button, [role=menu]')) return
      from.current = { id, x: e.clientX, y: e.clientY, moved: false }
    },
    onPointerMove: (e: PointerEvent<HTMLElement>) => {
      const f = from.current
      if (f?.id !== id) return
      if (!f.moved && Math.hypot(e.clientX - f.x, e.clientY - f.y) > 6) {
        f.moved = true
        e.currentTarget.setPointerCapture(e.pointerId)
      }
      if (f.moved) setState({ id, over: stageAt(e.clientX, e.clientY) })
    },
    onPointerUp: (e: PointerEvent<HTMLElement>) => {
      const f = from.current
      if (f?.moved) {
        const stage = stageAt(e.clientX, e.clientY)
        // The click that follows would open the deal.
        e.currentTarget.addEventListener('click', (click) => click.preventDefault(), { once: true, capture: true })
        if (stage !== undefined) drop(id, stage)
      }
      end()
    },
    onPointerCancel: end,
  })
  return { id: state?.id, over: state?.over, handlers }
}
