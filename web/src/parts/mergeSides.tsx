// What a merge is of, and its two sides as they are named.
import { Text } from '@mantine/core'
import type { Account, Contact, MergeSide } from '../api/types'

export type Kind = 'contacts' | 'accounts'
export type Record = Contact | Account

export const sideName = (side: MergeSide) => side.name || side.identifiers?.[0]?.value || side.id

/** A side by its name and what it is known by. */
export function Side({ side }: { side: MergeSide }) {
  const known = (side.identifiers ?? []).map((i) => i.value).filter((v) => v !== side.name)
  return (
    <span className="wrap">
      <b>{sideName(side)}</b> {side.name && known.length > 0 && <Text span size="sm" c="dimmed">{`(${known.join(', ')})`}</Text>}
    </span>
  )
}
