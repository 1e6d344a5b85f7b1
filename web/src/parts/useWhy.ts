import { useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'

/** Opens the "Why?" drawer of a contact or account. It stands in the URL, so that it can be sent to somebody. */
export function useWhy() {
  const navigate = useNavigate()
  return useCallback(
    (who: string | undefined) => void navigate({ to: '.', search: (s: Record<string, unknown>) => ({ ...s, why: who }), state: true, resetScroll: false }),
    [navigate],
  )
}
