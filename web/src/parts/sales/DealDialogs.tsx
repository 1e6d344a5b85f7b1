// The forms of opportunities.
import { NativeSelect, Textarea, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { client } from '../../api/client'
import { looksAgain, salesOptions } from '../../api/sales'
import type { Opportunity, OpportunityDetail } from '../../api/types'
import { t } from '../../strings'
import { s } from '../../strings.sales'
import { FormDialog } from '../Dialogs'
import { dealName, money } from '../format'
import { Theirs, useMeanwhile } from '../meanwhile'
import { Form } from './Form'

const say = (message: string) => notifications.show({ message, closeButtonProps: { 'aria-label': t.close } })

type Field = 'name' | 'account' | 'amount' | 'currency' | 'stage' | 'expected_close_on' | 'owner' | 'product'

/** A new opportunity. */
export function NewDeal({ account = '', contact, close, made }: { account?: string; contact?: string; close: () => void; made: (o: OpportunityDetail) => void }) {
  const options = useQuery(salesOptions).data
  const queries = useQueryClient()
  const [values, setValues] = useState<Partial<Record<Field, string>>>({ account })
  const create = useMutation({
    mutationFn: () => client.createOpportunity({ ...given(values), name: values.name ?? '', account: values.account ?? '', ...(contact && { contacts: [{ contact, role: 'champion' }] }) }),
    onSuccess: (o) => {
      made(o)
      close()
    },
    onSettled: () => looksAgain(queries),
  })
  const of = useFields(values, setValues)
  return (
    <Form title={s.deals.create} go={s.deals.createGo} busy={create.isPending} error={create.error} close={close} submit={() => create.mutate()}>
      <TextInput label={s.deals.name} required data-autofocus {...of('name')} />
      <TextInput label={s.deals.account} description={s.deals.accountHint} required {...of('account')} />
      <DealFields of={of} currency={options?.currency ?? ''} stages={options?.deal_stages ?? []} owners={options?.owners ?? []} />
    </Form>
  )
}

const given = (values: Partial<Record<Field, string>>) => Object.fromEntries(Object.entries(values).filter(([, v]) => v))

function useFields(values: Partial<Record<Field, string>>, set: (v: Partial<Record<Field, string>>) => void) {
  return (name: Field) => ({ value: values[name] ?? '', onChange: (e: { currentTarget: { value: string } }) => set({ ...values, [name]: e.currentTarget.value }) })
}

function DealFields({ of, currency, stages, owners }: { of: ReturnType<typeof useFields>; currency: string; stages: string[]; owners: string[] }) {
  const list = useId()
  return (
    <>
      <TextInput label={`${s.deals.amount} (${currency})`} inputMode="decimal" {...of('amount')} />
      {stages.length > 0 && <NativeSelect label={s.deals.stage} data={stages} {...of('stage')} />}
      <TextInput label={s.deals.closeOn} type="date" {...of('expected_close_on')} />
      <TextInput label={s.owner} list={list} {...of('owner')} />
      <datalist id={list}>
        {owners.map((o) => (
          <option key={o} value={o} />
        ))}
      </datalist>
      <TextInput label={s.deals.product} {...of('product')} />
    </>
  )
}

const editable = ['name', 'amount', 'owner', 'product', 'expected_close_on'] as const

const shownOf = (o: OpportunityDetail): Record<(typeof editable)[number], string> => ({
  name: o.name,
  amount: o.amount,
  owner: o.owner,
  product: o.product,
  expected_close_on: typeof o.traits?.expected_close_at === 'string' ? o.traits.expected_close_at.slice(0, 10) : '',
})

const labels = { name: s.deals.name, amount: s.deals.amount, owner: s.owner, product: s.deals.product, expected_close_on: s.deals.closeOn }

/** Changes what is known of an opportunity; only what was changed is stated. When somebody else changed the same meanwhile, both are there. */
export function EditDeal({ o, close }: { o: OpportunityDetail; close: () => void }) {
  const options = useQuery(salesOptions).data
  const queries = useQueryClient()
  const [was, setWas] = useState(() => shownOf(o))
  const [values, setValues] = useState<Partial<Record<Field, string>>>(was)
  const changed = editable.filter((field) => (values[field] ?? '') !== was[field])
  const pick = (from: Partial<Record<Field, string>>) => Object.fromEntries(changed.map((field) => [field, from[field] ?? '']))
  const { theirs, taken, form } = useMeanwhile({
    start: o,
    save: (seen) => client.changeOpportunity(o.id, { ...pick(values), saw: pick(shownOf(seen ?? o)) }),
    now: () => client.opportunity(o.id),
    done: async () => {
      say(s.deals.saved)
      await looksAgain(queries)
    },
    close,
  })
  const take = (now: OpportunityDetail) => {
    setWas(shownOf(now))
    setValues({ ...values, ...pick(shownOf(now)) })
    taken()
  }
  const of = useFields(values, setValues)
  return (
    <FormDialog title={s.deals.editTitle(dealName(o))} go={s.deals.save} {...form}>
      {theirs && (
        <Theirs who="" take={() => take(theirs)}>
          {changed
            .filter((field) => shownOf(theirs)[field] !== was[field])
            .map((field) => `${labels[field]}: ${shownOf(theirs)[field] || t.unknown}`)
            .join(' · ')}
        </Theirs>
      )}
      <TextInput label={s.deals.name} required data-autofocus {...of('name')} />
      <DealFields of={of} currency={o.currency} stages={[]} owners={options?.owners ?? []} />
    </FormDialog>
  )
}

/** Closes as won or lost, with the reason. What the deal was when the form opened is sent along: it may be worth something else by now. */
export function CloseDeal({ o, status, close, done }: { o: Opportunity; status: 'won' | 'lost'; close: () => void; done?: () => void }) {
  const queries = useQueryClient()
  const [reason, setReason] = useState('')
  const { theirs, form } = useMeanwhile<Opportunity>({
    start: o,
    save: (seen = o) => client.closeOpportunity(o.id, { status, reason, saw: { stage: seen.stage, amount: seen.amount } }),
    now: () => client.opportunity(o.id),
    done: async () => {
      say(s.deals.closed(dealName(o), t.statuses[status].toLowerCase()))
      done?.()
      await looksAgain(queries)
    },
    close,
  })
  return (
    <FormDialog title={s.deals.closeTitle(dealName(o), status)} go={status === 'won' ? s.deals.win : s.deals.lose} danger={status === 'lost'} {...form}>
      {theirs && <Theirs who="">{[t.statuses[theirs.status], theirs.stage, Number(theirs.amount) !== 0 && money(theirs.amount, theirs.currency)].filter(Boolean).join(' · ')}</Theirs>}
      <Textarea label={s.deals.why[status]} required data-autofocus autosize minRows={2} value={reason} onChange={(e) => setReason(e.currentTarget.value)} />
    </FormDialog>
  )
}

/** Adds a person to the deal. */
export function AddRole({ o, close }: { o: OpportunityDetail; close: () => void }) {
  const queries = useQueryClient()
  const [who, setWho] = useState('')
  const [role, setRole] = useState('champion')
  const add = useMutation({ mutationFn: () => client.changeOpportunity(o.id, { contacts: [{ contact: who.trim(), role }] }), onSuccess: close, onSettled: () => looksAgain(queries) })
  return (
    <Form title={s.deals.addRole} go={s.deals.addRole} busy={add.isPending} error={add.error} close={close} submit={() => add.mutate()}>
      <TextInput label={s.deals.who} description={s.deals.whoHint} required data-autofocus value={who} onChange={(e) => setWho(e.currentTarget.value)} />
      <NativeSelect label={s.deals.part} value={role} onChange={(e) => setRole(e.currentTarget.value)} data={Object.entries(t.roles).map(([value, label]) => ({ value, label }))} />
    </Form>
  )
}
