// What stands below the first screen. On a phone it is made when somebody comes near it, uses the keyboard, or prints: the first screen is there sooner.
import { type ReactNode, startTransition, useEffect, useRef, useState } from 'react'

const narrow = () => matchMedia('(max-width: 48em)').matches && !matchMedia('print').matches

export function Below({ children }: { children: ReactNode }) {
  const [made, make] = useState(() => !narrow())
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (made || !place.current) return
    const now = () => startTransition(() => make(true))
    const near = new IntersectionObserver((seen) => seen.some((x) => x.isIntersecting) && now(), { rootMargin: '800px 0px' })
    near.observe(place.current)
    const ways = ['beforeprint', 'keydown', 'resize'] as const
    ways.forEach((way) => addEventListener(way, now, { once: true }))
    return () => {
      near.disconnect()
      ways.forEach((way) => removeEventListener(way, now))
    }
  }, [made])
  return made ? children : <div ref={place} style={{ minHeight: 400 }} />
}
