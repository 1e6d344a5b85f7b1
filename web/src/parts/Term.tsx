// A term with its explanation where it stands: a small "?" that opens it, by pointer or keyboard, with the way to what the docs say of it.
import { Popover, Text, VisuallyHidden } from '@mantine/core'
import { useId, useState } from 'react'
import type { ReactNode } from 'react'
import type { Meaning } from '../glossary'
import { t } from '../strings'
import { f } from '../strings.frame'
import { type TermName, terms } from '../terms'
import { To } from './Links'
import { useAsked } from './useAsked'

export function Term({ name, children }: { name: TermName; children?: ReactNode }) {
  return (
    <span className="term">
      {children ?? terms[name]}
      <Help name={name} />
    </span>
  )
}

/** The "?" alone, where the term is a button or a label already. A page has dozens: what opens is made when one of them is asked. */
export function Help({ name }: { name: TermName }) {
  const { asked, opened, open, ask } = useAsked()
  const [said, say] = useState<Meaning>()
  const title = useId()
  const look = () => {
    if (opened) return open(false)
    void import('../glossary')
      .then(({ glossary }) => say(glossary[name]))
      .catch(() => say({ means: t.error.offline, more: '' }))
      .then(ask)
  }
  return (
    <button type="button" className="help" aria-haspopup="dialog" aria-expanded={opened} onClick={(e) => { e.stopPropagation(); look() }}>
      <span aria-hidden="true">?</span>
      <VisuallyHidden>{f.whatIs(terms[name])}</VisuallyHidden>
      {asked && (
        <Popover opened={opened} onChange={open} width={300} position="bottom-start" withinPortal shadow="md" trapFocus returnFocus withRoles={false}>
          <Popover.Target>
            <span className="all-of-it" />
          </Popover.Target>
          <Popover.Dropdown role="dialog" tabIndex={-1} aria-labelledby={title} onClick={(e) => e.stopPropagation()} className="meaning">
            <Text size="sm" fw={600} id={title}>
              {terms[name]}
            </Text>
            <Text size="sm">{said?.means}</Text>
            {said?.more && (
              <Text size="sm" mt={4}>
                <To to="/docs/$name" params={{ name: said.more.split('#')[0]! }} search={{}} hash={said.more.split('#')[1]!} target="_blank" underline="always" aria-label={f.moreOf(terms[name])}>
                  {f.more}
                </To>
              </Text>
            )}
          </Popover.Dropdown>
        </Popover>
      )}
    </button>
  )
}
