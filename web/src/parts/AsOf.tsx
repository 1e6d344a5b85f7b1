// The time slider: a page as it stood at the end of a past day, which stands in the URL. What can't be told of then is said.
import { Alert, Button, Group, Text } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useMemo, useState } from 'react'
import type { Time } from '../api/types'
import { f } from '../strings.frame'
import { day } from './format'
import { dayAfter, dayOf, daysBetween, type Past, pastOf } from './past'
import { Term } from './Term'

export function usePast(): { past: Past | undefined; goTo: (day: string | undefined) => void } {
  const { as_of } = useSearch({ strict: false }) as { as_of?: string }
  const navigate = useNavigate()
  const past = useMemo(() => pastOf(as_of, new Date()), [as_of])
  return { past, goTo: (d) => void navigate({ to: '.', search: (s: Record<string, unknown>) => ({ ...s, as_of: d }), replace: true, resetScroll: false }) }
}

/** since: the first moment that there is anything to see of. */
export function AsOf({ since }: { since: Time | undefined }) {
  const { past, goTo } = usePast()
  const today = dayOf(new Date())
  const first = since ? dayOf(new Date(since)) : dayAfter(today, -365)
  const span = Math.max(daysBetween(first, today), 1)
  const [shown, setShown] = useState(past?.day ?? today)
  useEffect(() => setShown(past?.day ?? today), [past?.day, today])
  const settle = useDebouncedCallback((d: string) => goTo(d >= today ? undefined : d), 250)
  const choose = (d: string) => {
    setShown(d)
    settle(d)
  }
  return (
    <Group gap="sm" mt={8} wrap="wrap" role="group" aria-label={f.past.label} data-noprint>
      <Term name="asOf">
        <Text span size="sm">
          {f.past.label}
        </Text>
      </Term>
      <input
        type="range"
        className="slider"
        min={0}
        max={span}
        value={Math.min(Math.max(daysBetween(first, shown), 0), span)}
        aria-label={f.past.slider}
        aria-valuetext={shown >= today ? f.past.now : day(shown + 'T12:00:00')}
        onChange={(e) => choose(dayAfter(first, Number(e.currentTarget.value)))}
      />
      <input type="date" className="date" value={shown} max={today} aria-label={f.past.date} onChange={(e) => e.currentTarget.value && choose(e.currentTarget.value)} />
      {past && (
        <Button size="compact-sm" variant="default" onClick={() => goTo(undefined)}>
          {f.past.back}
        </Button>
      )}
    </Group>
  )
}

/** Says that this is the past, and what on the page is not of then. */
export function PastBanner({ of }: { of: 'contact' | 'account' }) {
  const { past } = usePast()
  if (!past) return null
  return (
    <Alert variant="outline" color="yellow" role="status" title={f.past.title(day(past.at))} styles={{ title: { color: 'var(--millrace-warn)' } }}>
      <Text size="sm">{f.past.isOfThen[of]}</Text>
      <Text size="sm">{f.past.isOfNow[of]}</Text>
    </Alert>
  )
}
