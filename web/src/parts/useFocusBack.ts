import { useEffect, useState } from 'react'

// What is chosen from a menu was asked for by the menu's button.
const askedBy = (el: Element | null) => document.getElementById(el?.closest('[role=menu]')?.getAttribute('aria-labelledby') ?? '') ?? el

/**
 * For a dialog that is made when it opens: whether it is open by now. It comes closed and opens then, so that it knows where the focus was; the
 * focus goes back there when the dialog goes, unless something else has taken it.
 */
export function useFocusBack(opened: boolean): boolean {
  const [shown, show] = useState(false)
  useEffect(() => {
    show(opened)
    if (!opened) return
    const from = askedBy(document.activeElement)
    return () => {
      setTimeout(() => {
        if (document.activeElement === document.body && from instanceof HTMLElement && from.isConnected) from.focus({ preventScroll: true })
      })
    }
  }, [opened])
  return opened && shown
}
