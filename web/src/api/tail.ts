// Facts as they come in: the server's stream, opened again when it breaks off. What it brought is put into the list that is shown already.
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { address, type Params } from './client'
import { listOf } from './queries'
import type { Event, Page } from './types'

/** How many facts the page keeps at most; past it the list is asked for anew, so that its further pages follow it without a gap. */
export const mostFacts = 200

/** How long the server may be silent: it says something every 15 seconds. */
const silence = 40_000

/** Milliseconds until the stream is opened again after the n-th failure in a row, from 0; spread, so that not all pages come at once. */
export const backoff = (failures: number, random = Math.random()) => Math.round(Math.min(1_000 * 2 ** failures, 30_000) * (0.8 + 0.4 * random))

/** A page of the list, newest first, with what came since; what lies before a page that has a following one is left out. */
export function withFacts(page: Page<Event>, came: readonly Event[]): Page<Event> {
  const last = page.next_cursor ? (page.data.at(-1)?.position ?? 0) : 0
  const known = new Set(page.data.map((e) => e.position))
  const more = came.filter((e) => e.position > last && !known.has(e.position))
  if (more.length === 0) return page
  return { ...page, data: [...more, ...page.data].sort((a, b) => b.position - a.position) }
}

/** connecting: opened, nothing heard yet; broken: the server is asked every few seconds until it can be opened again. */
export type TailState = 'connecting' | 'live' | 'broken'

export type Tail = {
  state: TailState
  paused: boolean
  /** How many came while it paused. */
  waiting: number
  pause: () => void
  resume: () => void
  /** Opens it now, when it is broken. */
  retry: () => void
}

/** Follows the log into the list of events with these parameters while on. */
export function useTail(params: Params, on: boolean): Tail {
  const queries = useQueryClient()
  const [state, setState] = useState<TailState>('connecting')
  const [paused, setPaused] = useState(false)
  const [waiting, setWaiting] = useState(0)
  const stopped = useRef(false)
  const again = useRef(() => {})
  const { kind = '', import: imported = '' } = params
  const list = JSON.stringify(params)
  useEffect(() => {
    if (!on) return
    const key = listOf('events', JSON.parse(list) as Params).queryKey
    const renew = () => void queries.invalidateQueries({ queryKey: key }, { cancelRefetch: false })
    const flow = new Flow(address('tail', { kind, import: imported }), setState, () => stopped.current || renew(), (came) => {
      if (stopped.current) return setWaiting((n) => n + came.length)
      let over = false
      queries.setQueryData(key, (old) => {
        const page = old && withFacts(old, came)
        over = !!page && page.data.length > mostFacts
        return page && over ? { ...page, data: page.data.slice(0, mostFacts) } : page
      })
      if (over) renew()
    })
    again.current = () => flow.retry()
    return () => flow.end()
  }, [queries, on, kind, imported, list])
  const pauses = (yes: boolean) => {
    stopped.current = yes
    setPaused(yes)
    setWaiting(0)
    if (!yes) void queries.invalidateQueries({ queryKey: ['list', 'events'] })
  }
  return { state, paused, waiting, pause: () => pauses(true), resume: () => pauses(false), retry: () => again.current() }
}

/** The stream with its repair. It rests while the page is hidden: browsers open few connections to a server. */
class Flow {
  private readonly url: string
  private readonly tell: (state: TailState) => void
  private readonly opened: () => void
  private readonly bring: (came: Event[]) => void
  private source: EventSource | undefined
  private failures = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private heard = false
  private texts: string[] = []
  private flush: ReturnType<typeof setTimeout> | undefined

  constructor(url: string, tell: (state: TailState) => void, opened: () => void, bring: (came: Event[]) => void) {
    this.url = url
    this.tell = tell
    this.opened = opened
    this.bring = bring
    document.addEventListener('visibilitychange', this.look)
    window.addEventListener('online', this.retry)
    this.look()
  }

  private look = () => {
    if (document.hidden) this.close()
    else if (!this.source) this.open()
  }

  private open() {
    this.close()
    this.heard = false
    this.tell('connecting')
    const source = new EventSource(this.url)
    this.source = source
    source.addEventListener('beat', this.hear)
    source.addEventListener('drop', this.hear)
    source.addEventListener('fact', (e) => {
      this.hear()
      this.texts.push(e.data as string)
      if (this.texts.length > mostFacts) this.texts.shift() // the list is asked for anew then
      this.flush ??= setTimeout(() => {
        this.flush = undefined
        this.bring(this.texts.splice(0).map((text) => JSON.parse(text) as Event))
      }, 200)
    })
    source.onerror = this.fail
    this.watch()
  }

  // Something was heard: it works, and what came before it was opened is asked for.
  private hear = () => {
    this.watch()
    if (this.heard) return
    this.heard = true
    this.failures = 0
    this.tell('live')
    this.opened()
  }

  private watch() {
    clearTimeout(this.timer)
    this.timer = setTimeout(this.fail, this.heard ? silence : 10_000)
  }

  private fail = () => {
    this.close()
    this.tell('broken')
    this.timer = setTimeout(() => this.open(), backoff(this.failures++))
  }

  retry = () => {
    if (!this.heard && !document.hidden) this.open()
  }

  private close() {
    clearTimeout(this.timer)
    this.source?.close()
    this.source = undefined
    this.heard = false
  }

  end() {
    this.close()
    clearTimeout(this.flush)
    document.removeEventListener('visibilitychange', this.look)
    window.removeEventListener('online', this.retry)
  }
}
