// A term with its explanation where it stands: a small "?" that opens it, by pointer or keyboard.
import { Popover, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { glossary, type TermName } from '../glossary'
import { f } from '../strings.frame'

export function Term({ name, children }: { name: TermName; children?: ReactNode }) {
  const { term, means } = glossary[name]
  return (
    <span className="term">
      {children ?? term}
      <Help term={term} means={means} />
    </span>
  )
}

function Help({ term, means }: { term: string; means: string }) {
  return (
    <Popover width={280} position="bottom-start" withinPortal shadow="md" trapFocus={false}>
      <Popover.Target>
        <button type="button" className="help" aria-label={f.whatIs(term)} onClick={(e) => e.stopPropagation()}>
          ?
        </button>
      </Popover.Target>
      <Popover.Dropdown aria-label={term}>
        <Text size="sm" fw={600}>
          {term}
        </Text>
        <Text size="sm">{means}</Text>
      </Popover.Dropdown>
    </Popover>
  )
}
