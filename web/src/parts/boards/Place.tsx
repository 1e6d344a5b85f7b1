import type { ReactNode } from 'react'
import { To } from '../Links'
import { placeOf } from './links'

/** A link to an address that the server gave. */
export function Place({ link, label, className, children }: { link: string; label?: string; className?: string; children: ReactNode }) {
  const { to, search } = placeOf(link)
  return (
    <To to={to as '/'} search={search} {...(label && { 'aria-label': label, title: label })} {...(className && { className })}>
      {children}
    </To>
  )
}
