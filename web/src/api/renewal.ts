// When a session ends while somebody works, their requests wait here until they have signed in again; then they are sent once more. Tabs of
// one browser tell each other who signed in and out.
import type { User } from './types'

type State = { user: User | null; asking: boolean }

let state: State = { user: null, asking: false }
let waiting: ((again: boolean) => void)[] = []
const listeners = new Set<() => void>()

function set(next: Partial<State>) {
  state = { ...state, ...next }
  listeners.forEach((l) => l())
}

/** For useSyncExternalStore. */
export const renewal = {
  get: () => state,
  subscribe: (listener: () => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  },
}

/** Says who works here; null when nobody does any more. */
export function known(user: User | null) {
  if (user?.id !== state.user?.id || user?.email !== state.user?.email) set({ user })
}

/** Waits until whoever works here has signed in again. False when nobody does, or they went away instead. */
export function renewed(): Promise<boolean> {
  if (!state.user) return Promise.resolve(false)
  return new Promise((resolve) => {
    waiting.push(resolve)
    if (!state.asking) set({ asking: true })
  })
}

/** Ends the waiting. */
export function settle(again: boolean) {
  const all = waiting
  waiting = []
  set(again ? { asking: false } : { asking: false, user: null })
  all.forEach((resolve) => resolve(again))
}

const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('millrace-session')

/** Tells the other tabs who is signed in now; null that nobody is. */
export function tell(user: User | null) {
  channel?.postMessage(user?.id ?? null)
}

/** Listens to the other tabs: the id of who is signed in now. */
export function listen(told: (user: string | null) => void): () => void {
  if (!channel) return () => {}
  const heard = (e: MessageEvent) => told(e.data as string | null)
  channel.addEventListener('message', heard)
  return () => channel.removeEventListener('message', heard)
}
