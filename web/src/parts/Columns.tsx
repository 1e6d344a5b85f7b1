// Which columns a table shows and in which order, by pointer and by keyboard.
import { ActionIcon, Button, Checkbox, Group, Popover, Stack, Text } from '@mantine/core'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { l } from '../strings.lists'
import { chosenKeys, type Placed, shifted, writtenKeys } from './arranged'

type Props = { columns: readonly (Placed & { head: string })[]; written: string | undefined; change: (written: string) => void }

export function Columns({ columns, written, change }: Props) {
  const keys = chosenKeys(columns, written)
  const choices = columns.filter((c) => !c.stays)
  const shown = keys.map((k) => choices.find((c) => c.key === k)!)
  const hidden = choices.filter((c) => !keys.includes(c.key))
  const [said, say] = useState('')
  const list = useRef<HTMLDivElement>(null)
  const kept = useRef<string | undefined>(undefined) // the field that keeps the focus when its row moves
  const write = (next: readonly string[]) => change(writtenKeys(columns, next))
  const move = (key: string, by: 1 | -1, focus: string) => {
    const next = shifted(keys, key, by)
    kept.current = focus
    say(l.columns.moved(choices.find((c) => c.key === key)!.head, next.indexOf(key) + 1, next.length))
    write(next)
  }
  useEffect(() => {
    if (!kept.current) return
    list.current?.querySelector<HTMLElement>(`[data-of="${kept.current}"]`)?.focus()
    kept.current = undefined
  })
  const onKey = (e: KeyboardEvent, key: string) => {
    const by = ({ ArrowUp: -1, ArrowDown: 1 } as const)[e.key]
    if (!by || !e.altKey) return
    e.preventDefault()
    move(key, by, `${key} box`)
  }
  return (
    <Popover position="bottom-end" width={280} shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <Button size="xs" variant="default" visibleFrom="sm">
          {l.columns.button}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={l.columns.title} className="views">
        <Stack gap={4} ref={list}>
          {[...shown, ...hidden].map((c) => (
            <Group key={c.key} justify="space-between" wrap="nowrap" onKeyDown={(e) => onKey(e, c.key)}>
              <Checkbox
                size="xs"
                label={c.head}
                data-of={`${c.key} box`}
                checked={keys.includes(c.key)}
                onChange={(e) => write(e.currentTarget.checked ? [...keys, c.key] : keys.filter((k) => k !== c.key))}
              />
              {keys.includes(c.key) && (
                <Group gap={2} wrap="nowrap">
                  {([[-1, '↑', l.columns.up], [1, '↓', l.columns.down]] as const).map(([by, arrow, name]) => (
                    <ActionIcon key={by} size="sm" variant="subtle" color="gray" aria-label={name(c.head)} data-of={`${c.key} ${by}`} aria-disabled={shifted(keys, c.key, by).join() === keys.join()} onClick={() => move(c.key, by, `${c.key} ${by}`)}>
                      {arrow}
                    </ActionIcon>
                  ))}
                </Group>
              )}
            </Group>
          ))}
          <Text size="xs" c="dimmed">
            {l.columns.hint}
          </Text>
          <span className="unseen" role="status">
            {said}
          </span>
          {written && (
            <Button size="compact-xs" variant="subtle" onClick={() => change('')}>
              {l.columns.reset}
            </Button>
          )}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}
