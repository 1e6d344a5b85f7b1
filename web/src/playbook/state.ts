// What is being edited: the text with its steps back, the draft that outlives the page, and the plan that goes on without it.
import { notifications } from '@mantine/notifications'
import { useEffect, useReducer, useRef, useState, useSyncExternalStore } from 'react'
import { client } from '../api/client'
import type { Plan } from '../api/types'
import { t } from '../strings'
import { p } from '../strings.playbook'

export type Steps = { text: string; past: readonly string[]; future: readonly string[]; at: number; how: string }
export type Move = { do: 'type' | 'put'; text: string; at: number; how?: string } | { do: 'undo' } | { do: 'redo' }

const together = 700 // milliseconds within which what is typed in one place is one step

/** The text after a move. What is typed in one go, in one place, is one step back. */
export function step(s: Steps, m: Move): Steps {
  switch (m.do) {
    case 'undo': {
      const text = s.past.at(-1)
      return text === undefined ? s : { text, past: s.past.slice(0, -1), future: [s.text, ...s.future], at: 0, how: '' }
    }
    case 'redo': {
      const [text, ...future] = s.future
      return text === undefined ? s : { text, past: [...s.past, s.text], future, at: 0, how: '' }
    }
  }
  if (m.text === s.text) return s
  const how = m.how ?? ''
  const joins = m.do === 'type' && how === s.how && m.at - s.at < together && s.past.length > 0
  return { text: m.text, past: joins ? s.past : [...s.past, s.text].slice(-200), future: [], at: m.at, how: m.do === 'type' ? how : '' }
}

export const useSteps = (text: string) => useReducer(step, { text, past: [], future: [], at: 0, how: '' })

export type Draft = { base: string; text: string; at: string; tab: string }

const prefix = (user: string) => `millrace.playbook.${user}.`
const tab = Math.random().toString(36).slice(2)

function parsed(value: string | null): Draft | undefined {
  try {
    const d = JSON.parse(value ?? '') as Draft
    return typeof d.text === 'string' && typeof d.base === 'string' ? d : undefined
  } catch {
    return undefined
  }
}

/** Drafts in this browser, of one person, by the version each was made from. */
export const drafts = {
  of: (user: string, base: string) => parsed(localStorage.getItem(prefix(user) + base)),
  others: (user: string, base: string): Draft[] =>
    Object.keys(localStorage)
      .filter((k) => k.startsWith(prefix(user)) && k !== prefix(user) + base)
      .flatMap((k) => parsed(localStorage.getItem(k)) ?? [])
      .sort((a, b) => b.at.localeCompare(a.at)),
  keep: (user: string, base: string, text: string) => {
    try {
      localStorage.setItem(prefix(user) + base, JSON.stringify({ base, text, at: new Date().toISOString(), tab } satisfies Draft))
    } catch {
      // full or forbidden: the text is still on the page
    }
  },
  drop: (user: string, base: string) => localStorage.removeItem(prefix(user) + base),
}

/** What another tab typed for the same version, until it is dealt with. */
export function useOtherTab(user: string, base: string): [Draft | undefined, () => void] {
  const [other, setOther] = useState<Draft>()
  useEffect(() => {
    setOther(undefined)
    const heard = (e: StorageEvent) => {
      if (e.key !== prefix(user) + base) return
      const d = parsed(e.newValue)
      if (d && d.tab !== tab) setOther(d)
    }
    addEventListener('storage', heard)
    return () => removeEventListener('storage', heard)
  }, [user, base])
  return [other, () => setOther(undefined)]
}

export type Planning = { text: string; since: number; plan?: Plan; error?: unknown }

let planning: Planning | undefined
let stop: AbortController | undefined
let watched = 0
const listeners = new Set<() => void>()
const tellAll = (next: Planning | undefined) => {
  planning = next
  listeners.forEach((l) => l())
}

/** The one plan that is being worked out or was the last. It goes on while the person is elsewhere, and says when it is done. */
export const plans = {
  run: async (text: string) => {
    stop?.abort()
    const mine = (stop = new AbortController())
    const begun = { text, since: Date.now() }
    tellAll(begun)
    try {
      const plan = await client.planPlaybook(text, mine.signal)
      if (stop === mine) tellAll({ ...begun, plan })
      if (stop === mine && watched === 0) notifications.show({ message: p.planDone, closeButtonProps: { 'aria-label': t.close } })
    } catch (error) {
      if (stop === mine) tellAll({ ...begun, error })
    }
  },
  forget: () => {
    stop?.abort()
    stop = undefined
    tellAll(undefined)
  },
}

export function usePlanning(): Planning | undefined {
  useEffect(() => {
    watched++
    return () => void watched--
  }, [])
  return useSyncExternalStore(
    (l) => {
      listeners.add(l)
      return () => void listeners.delete(l)
    },
    () => planning,
  )
}

/** Seconds since a moment, while it is watched. */
export function useSeconds(since: number | undefined): number {
  const [now, setNow] = useState(Date.now)
  const timer = useRef<ReturnType<typeof setInterval>>(undefined)
  useEffect(() => {
    if (since === undefined) return
    setNow(Date.now())
    timer.current = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer.current)
  }, [since])
  return since === undefined ? 0 : Math.max(0, Math.floor((now - since) / 1_000))
}
