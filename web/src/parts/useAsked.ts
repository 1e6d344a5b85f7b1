import { useEffect, useState } from 'react'

/** For what is made when it is first asked for: it comes closed and opens then, so that it knows where the focus was and gives it back. */
export function useAsked() {
  const [times, count] = useState(0)
  const [opened, open] = useState(false)
  useEffect(() => {
    if (times > 0) open(true)
  }, [times])
  return { asked: times > 0, opened, open, ask: () => count((n) => n + 1) }
}
