const headings = ':is(h1, h2, h3):not([aria-hidden])'

// Gives the focus to what is found, as soon as something is, when nothing has it; until then the page has it. Whoever goes elsewhere stays there.
function handOn(found: () => HTMLElement | null | undefined, waits: () => boolean) {
  const hand = () => {
    const at = document.activeElement
    const page = document.getElementById('main')
    if (waits()) return
    if (at !== document.body && at !== page) return stop()
    const to = found()
    if (to && /^H\d$/.test(to.tagName)) to.tabIndex = -1
    ;(to ?? page)?.focus({ preventScroll: true })
    if (to) stop()
  }
  const watch = new MutationObserver(hand)
  const stop = () => {
    watch.disconnect()
    clearTimeout(timer)
  }
  const timer = setTimeout(stop, 60_000)
  watch.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ['aria-hidden'] })
}

/**
 * For a button that goes when it is pressed, with what it brings coming in its place: hands the focus on to the heading over that, or to the button
 * again where it failed again.
 */
export function onward(from: HTMLElement) {
  const around: HTMLElement[] = []
  for (let el = from.parentElement; el && el !== document.body; el = el.parentElement) around.push(el)
  const next = (el: HTMLElement) => el.querySelector<HTMLElement>('[data-again]') ?? el.querySelector<HTMLElement>(headings)
  handOn(() => around.filter((el) => el.isConnected).map(next).find((el) => el), () => from.isConnected && [from, document.body].includes(document.activeElement as HTMLElement))
}

const mark = 'millrace-again'

/** Loads the page anew; its heading has the focus then. Rejects when the server does not answer, and leaves everything as it is. */
export async function reload() {
  await fetch('/first.js', { cache: 'no-store' })
  try {
    sessionStorage.setItem(mark, '1')
  } catch {
    // Storage may be forbidden; the focus is where browsers put it.
  }
  location.reload()
}

/** What is done at the start: after reload the focus goes to the page's heading, or to the button where it failed again. */
export function arrive() {
  try {
    if (!sessionStorage.getItem(mark)) return
    sessionStorage.removeItem(mark)
  } catch {
    return
  }
  handOn(() => document.querySelector<HTMLElement>('[data-again]') ?? document.querySelector<HTMLElement>('#main ' + headings), () => false)
}
