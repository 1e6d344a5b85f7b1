// Two people change one thing: what the other saved meanwhile is not written over unseen.
import { Alert, Button, Group } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { meanwhile as m } from '../strings.boards'
import { isConflict, messageOf } from './States'

type Saving<T> = {
  start: T | undefined // what is changed; undefined makes a new one
  save: (seen: T | undefined) => Promise<unknown> // names the revision of what was seen
  now: () => Promise<T | undefined> // as it stands after it was refused
  done: () => Promise<void>
  close: () => void
}

/** Saves a form. When somebody else changed the thing meanwhile, `theirs` is what they made of it, and saving again puts this one in its place. */
export function useMeanwhile<T>({ start, save, now, done, close }: Saving<T>) {
  const [seen, setSeen] = useState(start)
  const [theirs, setTheirs] = useState<T>()
  const saving = useMutation({
    mutationFn: () => save(seen),
    onError: async (error) => {
      const found = isConflict(error) ? await now().catch(() => undefined) : undefined
      if (found === undefined) return // the message says what happened
      setTheirs(found)
      setSeen(found)
    },
    onSuccess: async () => {
      await done()
      close()
    },
  })
  const taken = () => {
    setTheirs(undefined)
    saving.reset()
  }
  return { theirs, taken, form: { busy: saving.isPending, problem: saving.isError && !theirs ? messageOf(saving.error) : undefined, close, submit: () => saving.mutate() } }
}

/** What somebody else made of it, beside one's own; without `take` it can't be taken over. */
export function Theirs({ who, removed = false, take, children }: { who: string; removed?: boolean; take?: () => void; children: ReactNode }) {
  return (
    <Alert variant="default" title={m.title(who, removed)}>
      <p>{children}</p>
      <Group justify="space-between" mt="xs">
        {m.hint(removed)}
        {take && (
          <Button size="compact-sm" variant="default" onClick={take}>
            {m.take}
          </Button>
        )}
      </Group>
    </Alert>
  )
}
