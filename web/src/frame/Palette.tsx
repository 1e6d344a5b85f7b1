// The command palette: any account, person, deal, page or action by its beginning, without the pointer. A combobox with a list box, as the
// ARIA authoring practices have it: the focus stays in the field, the arrows move what is chosen.
import { Kbd, Modal, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useEffect, useId, useState } from 'react'
import { docsFound, listOf } from '../api/queries'
import { type Choice, found, ofAccounts, ofContacts, ofDocs, ofOpportunities, stepped } from '../parts/palette'
import { messageOf } from '../parts/States'
import { useFocusBack } from '../parts/useFocusBack'
import { f } from '../strings.frame'

const each = 5

type Props = { opened: boolean; close: () => void; choices: readonly Choice[]; act: (what: NonNullable<Choice['act']>) => void }

export function Palette({ opened, close, choices, act }: Props) {
  return (
    <Modal.Root opened={useFocusBack(opened)} onClose={close} size="lg" yOffset="12vh">
      <Modal.Overlay />
      <Modal.Content aria-label={f.palette.title}>
        <Modal.Body p="xs">{opened && <Search choices={choices} close={close} act={act} />}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  )
}

/** Records whose names begin with what rests in the field, and what the docs say of it. */
function useRecords(typed: string) {
  const [q] = useDebouncedValue(typed.trim(), 150)
  const on = { enabled: q.length > 0, placeholderData: undefined }
  const accounts = useQuery({ ...listOf('accounts', { q, limit: each }), ...on })
  const contacts = useQuery({ ...listOf('contacts', { q, sort: 'name', limit: each }), ...on })
  const deals = useQuery({ ...listOf('opportunities', { q, sort: 'name', limit: each }), ...on })
  const docs = useQuery({ ...docsFound(q, each), enabled: q.length > 1 })
  const current = q === typed.trim() && q !== ''
  return {
    records: current ? [...ofAccounts(accounts.data?.data ?? []), ...ofContacts(contacts.data?.data ?? []), ...ofOpportunities(deals.data?.data ?? []), ...ofDocs(docs.data ?? [])] : [],
    busy: typed.trim() !== '' && (!current || [accounts, contacts, deals, docs].some((x) => x.isFetching)),
    error: accounts.error ?? contacts.error ?? deals.error ?? docs.error,
  }
}

function Search({ choices, close, act }: Omit<Props, 'opened'>) {
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const list = useId()
  const navigate = useNavigate()
  const { records, busy, error } = useRecords(typed)
  const here = found(choices, typed)
  const groups = groupsOf([...here.slice(0, typed.trim() ? each : here.length), ...records])
  const shown = groups.flatMap(([, of]) => of)
  const chosen = shown[Math.min(at, shown.length - 1)]
  const go = (c: Choice | undefined) => {
    if (!c) return
    close()
    if (c.act) act(c.act)
    else void navigate({ to: c.to!, params: c.params ?? {}, search: c.search ?? {}, ...(c.hash && { hash: c.hash }) })
  }
  const key = (e: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[e.key]
    if (by) setAt(stepped(Math.min(at, shown.length - 1), by, shown.length))
    else if (e.key === 'Enter' && !e.nativeEvent.isComposing) go(chosen)
    else return
    e.preventDefault()
  }
  useEffect(() => {
    if (chosen) document.getElementById(`${list}-${chosen.id}`)?.scrollIntoView({ block: 'nearest' })
  }, [chosen, list])
  const said = error ? messageOf(error) : busy ? f.palette.busy : typed.trim() && shown.length === 0 ? f.palette.none : f.palette.found(shown.length)
  return (
    <>
      <TextInput
        data-autofocus
        role="combobox"
        aria-expanded
        aria-autocomplete="list"
        aria-controls={list}
        aria-activedescendant={chosen && `${list}-${chosen.id}`}
        aria-label={f.palette.label}
        placeholder={f.palette.label}
        autoComplete="off"
        value={typed}
        onChange={(e) => {
          setTyped(e.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={key}
        rightSection={<Kbd size="xs">Esc</Kbd>}
        rightSectionWidth={48}
      />
      <div role="listbox" id={list} aria-label={f.palette.title} className="palette" tabIndex={-1}>
        {groups.map(([group, of]) => (
          <div key={group} role="group" aria-label={group}>
            <Text size="xs" c="dimmed" px="xs" pt={6} aria-hidden="true">
              {group}
            </Text>
            {of.map((c) => (
              <div key={c.id} role="option" id={`${list}-${c.id}`} aria-selected={c === chosen} className="choice" onClick={() => go(c)} onPointerMove={() => setAt(shown.indexOf(c))}>
                <span>{c.label}</span>
                {c.below && <small>{c.below}</small>}
              </div>
            ))}
          </div>
        ))}
      </div>
      <Text size="xs" c="dimmed" px="xs" pt={6} role="status" className={error ? 'bad' : undefined}>
        {said}
      </Text>
    </>
  )
}

/** The choices by group, groups and choices in the order given. */
export function groupsOf(choices: readonly Choice[]): [string, Choice[]][] {
  const groups = new Map<string, Choice[]>()
  for (const c of choices) groups.set(c.group, [...(groups.get(c.group) ?? []), c])
  return [...groups]
}
