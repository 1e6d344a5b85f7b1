// The menu of a row, made when it is first opened: a list has fifty of them.
import { Menu, Popover } from '@mantine/core'
import { type ReactNode, type Ref, useId } from 'react'
import { useAsked } from './useAsked'

// Where the menu opens. What it would say of itself the button says.
const Spot = ({ ref }: { ref?: Ref<HTMLSpanElement> }) => <span ref={ref} className="all-of-it" />

export function RowMenu({ label, children }: { label: string; children: () => ReactNode }) {
  const { asked, opened, open, ask } = useAsked()
  const id = useId()
  return (
    <button type="button" id={id} className="quiet plain menu" aria-label={label} aria-haspopup="menu" aria-expanded={opened} onClick={() => (opened ? open(false) : ask())}>
      ⋯
      {asked && (
        <Menu opened={opened} onChange={open} position="bottom-end" width={180}>
          <Popover.Target>
            <Spot />
          </Popover.Target>
          <Menu.Dropdown aria-labelledby={id} tabIndex={-1} onClick={(e) => e.stopPropagation()}>
            {children()}
          </Menu.Dropdown>
        </Menu>
      )}
    </button>
  )
}
