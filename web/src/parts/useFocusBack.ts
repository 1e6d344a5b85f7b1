import { useEffect, useState } from 'react'

// What is chosen from a menu was asked for by the menu's button.
const askedBy = (el: Element | null) => document.getElementById(el?.closest('[role=menu]')?.getAttribute('aria-labelledby') ?? '') ?? el

// Who had the focus last. A menu that closes without motion is gone with its item before the dialog that it asked for is there.
let last: Element | null = null
if (typeof document !== 'undefined') document.addEventListener('focusin', (e) => (last = askedBy(e.target as Element)))

/**
 * For a dialog that is made when it opens: whether it is open by now. It comes closed and opens then, so that it knows where the focus was; the
 * focus goes back there when the dialog goes, unless something else has taken it.
 */
export function useFocusBack(opened: boolean): boolean {
  const [shown, show] = useState(false)
  useEffect(() => {
    show(opened)
    if (!opened) return
    const from = document.activeElement === document.body ? last : askedBy(document.activeElement)
    return () => {
      setTimeout(() => {
        if (document.activeElement === document.body && from instanceof HTMLElement && from.isConnected) from.focus({ preventScroll: true })
      })
    }
  }, [opened])
  return opened && shown
}
