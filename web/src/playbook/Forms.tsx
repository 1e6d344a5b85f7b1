// The forms' side of the playbook. A field shows what the text says and changes the text; what is half typed stays in the field.
import { Button, Checkbox, Group, NativeSelect, Stack, Text, Textarea, TextInput, Title } from '@mantine/core'
import { createContext, useContext, useEffect, useState } from 'react'
import type { PlaybookProblem } from '../api/types'
import { p } from '../strings.playbook'
import { insert, move, remove, set } from './edit'
import { at, type Path, pathText } from './path'
import { Help, Term } from '../parts/Term'
import { fieldTerms } from './explained'
import { type Field, type List, parts, type Shape } from './shapes'

type Form = { value: unknown; problems: readonly PlaybookProblem[]; readOnly: boolean; change: (how: string, edit: (text: string) => string) => void; look: (path: Path) => void }
const FormContext = createContext<Form | null>(null)
const useForm = () => useContext(FormContext)!

export const fieldId = (path: string) => 'pb-' + path

export function Forms({ part, ...form }: Form & { part: string }) {
  return (
    <FormContext value={form}>
      <fieldset className="pb-set" disabled={form.readOnly}>
        <Stack gap="lg">
          {parts[part]!.map((x) => (
            <section key={x.path.join('.')} aria-label={x.title}>
              {x.title && (
                <Title order={3} mb="xs">
                  {x.title}
                </Title>
              )}
              <Shaped shape={x.shape} path={x.path} />
            </section>
          ))}
        </Stack>
      </fieldset>
    </FormContext>
  )
}

function Shaped({ shape, path }: { shape: Shape; path: Path }) {
  return (
    <Stack gap="md">
      {shape.fields.length > 0 && (
        <div className="pb-fields">
          {shape.fields.map((f) => (
            <OneField key={f.key} field={f} path={[...path, f.key]} />
          ))}
        </div>
      )}
      {shape.lists?.map((l) => (
        <Entries key={l.key} list={l} path={[...path, l.key]} />
      ))}
    </Stack>
  )
}

const written = (v: unknown) => (Array.isArray(v) ? v.map(String).join('\n') : v === undefined || v === null || typeof v === 'object' ? '' : String(v))

// A field that needs explaining has a "?" at the end of its label's line.
function OneField({ field, path }: { field: Field; path: Path }) {
  const term = fieldTerms[field.key]
  if (!term) return <Control field={field} path={path} />
  return (
    <div className={field.kind === 'words' || field.wide ? 'pb-field wide' : 'pb-field'}>
      <Control field={field} path={path} />
      <Help name={term} />
    </div>
  )
}

function Control({ field, path }: { field: Field; path: Path }) {
  const { value, problems, change, look } = useForm()
  const name = pathText(path)
  const now = at(value, path)
  const [half, setHalf] = useState<string>() // what is typed and says no value, or the same value otherwise
  useEffect(() => setHalf(undefined), [field.kind === 'words' ? undefined : written(now)]) // eslint-disable-line react-hooks/exhaustive-deps
  const text = half ?? written(now)
  const wrong = problems.find((x) => x.path === name || (field.kind === 'words' && x.path?.startsWith(name + '[')))
  const put = (next: unknown) => change(name, (t) => set(t, path, next))
  const badNumber = field.kind === 'number' && half !== undefined
  const common = { id: fieldId(name), label: field.label, size: 'xs' as const, error: badNumber ? p.number : wrong ? [wrong.message, wrong.suggestion].filter(Boolean).join(': ') : undefined, onFocus: () => look(path) }
  switch (field.kind) {
    case 'check':
      return <Checkbox {...common} checked={now === true} onChange={(e) => put(e.currentTarget.checked || undefined)} pb={6} />
    case 'choice': {
      const choices = field.choices?.(value) ?? []
      const values = choices.map((c) => (typeof c === 'string' ? c : c.value))
      const strange = text !== '' && !values.includes(text) ? [text] : []
      return <NativeSelect {...common} value={text} data={[...(field.required && text ? [] : [{ value: '', label: field.empty ?? p.missing }]), ...choices, ...strange]} onChange={(e) => put(e.currentTarget.value || undefined)} />
    }
    case 'words':
      return (
        <Textarea
          {...common}
          className="wide"
          rows={Math.min(5, Math.max(1, text.split('\n').length))}
          value={text}
          onChange={(e) => {
            setHalf(e.currentTarget.value)
            put(e.currentTarget.value.split('\n').map((l) => l.trim()).filter(Boolean))
          }}
          onBlur={() => setHalf(undefined)}
        />
      )
    case 'number':
      return (
        <TextInput
          {...common}
          inputMode="decimal"
          value={text}
          onChange={(e) => {
            const typed = e.currentTarget.value.trim().replace('−', '-')
            if (typed === '' && !field.required) put(undefined)
            else if (/^-?\d+(\.\d+)?$/.test(typed)) {
              setHalf(undefined)
              put(Number(typed))
            } else setHalf(e.currentTarget.value)
          }}
          onBlur={() => setHalf(undefined)}
        />
      )
    default:
      return <TextInput {...common} className={field.wide ? 'wide' : undefined} value={text} onChange={(e) => put(e.currentTarget.value === '' && !field.required ? undefined : e.currentTarget.value)} />
  }
}

function Entries({ list, path }: { list: List; path: Path }) {
  const { value, change } = useForm()
  const entries = at(value, path)
  const all = Array.isArray(entries) ? (entries as unknown[]) : []
  const name = pathText(path)
  const deep = path.length > 1
  const title = p.f[list.key as keyof typeof p.f] as string | undefined
  return (
    <div>
      {deep && typeof title === 'string' && (
        <Title order={3} mb={6}>
          {fieldTerms[list.key] ? <Term name={fieldTerms[list.key]!}>{title}</Term> : title}
        </Title>
      )}
      <Stack gap={6}>
        {all.map((e, i) => (
          <Entry key={i} list={list} path={[...path, i]} index={i} last={all.length - 1} entry={(typeof e === 'object' && e !== null ? e : {}) as Record<string, unknown>} open={all.length === 1} />
        ))}
        <Group>
          <Button size="compact-xs" variant="default" onClick={() => change(`${name}+${all.length}`, (t) => insert(t, path, all.length, list.fresh(value)))}>
            {p.add[list.key]}
          </Button>
        </Group>
      </Stack>
    </div>
  )
}

function Entry({ list, path, index, last, entry, open }: { list: List; path: Path; index: number; last: number; entry: Record<string, unknown>; open: boolean }) {
  const { change, problems, look } = useForm()
  const [opened, setOpened] = useState(open)
  const name = pathText(path)
  const what = list.title(entry) || p.entry(index + 1)
  const worst = problems.find((x) => x.path?.startsWith(name) && x.severity === 'error')
  const parent = path.slice(0, -1)
  const shift = (to: number) => change(`${name}>${to}`, (t) => move(t, parent, index, to))
  return (
    <details
      className="pb-box"
      id={fieldId(name)}
      data-severity={worst?.severity}
      open={opened}
      onToggle={(e) => {
        if (e.target !== e.currentTarget) return
        setOpened(e.currentTarget.open)
        if (e.currentTarget.open) look(path)
      }}
    >
      <summary className="wrap">{what}</summary>
      {opened && (
        <Stack gap="sm">
          {worst && <Text size="sm" className="bad">{worst.message}</Text>}
          <Shaped shape={list.shape} path={path} />
          <Group gap="xs">
            <Button size="compact-xs" variant="default" disabled={index === 0} onClick={() => shift(index - 1)} aria-label={p.up(what)}>
              ↑
            </Button>
            <Button size="compact-xs" variant="default" disabled={index === last} onClick={() => shift(index + 1)} aria-label={p.down(what)}>
              ↓
            </Button>
            <Button size="compact-xs" variant="default" onClick={() => change(`${name}-`, (t) => remove(t, path))}>
              {p.remove(what)}
            </Button>
          </Group>
        </Stack>
      )}
    </details>
  )
}

/** Opens what holds a field and goes to it; false when the forms don't show it. */
export function focusField(path: string): boolean {
  const steps = [...path.matchAll(/[^.[\]]+|\[\d+\]/g)].map((m) => m.index + m[0].length)
  let nearest: HTMLElement | null = null
  for (const end of steps) {
    const el = document.getElementById(fieldId(path.slice(0, end)))
    if (!el) continue
    nearest = el
    if (el instanceof HTMLDetailsElement && !el.open) return el.querySelector('summary')?.click(), window.setTimeout(() => focusField(path), 60), true
  }
  const to = nearest instanceof HTMLDetailsElement ? nearest.querySelector('summary') : nearest
  to?.focus()
  to?.scrollIntoView({ block: 'center' })
  return nearest !== null
}
