import { Button, Group, Menu, Skeleton, Stack, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { client } from '../api/client'
import { looksAgain, opportunity, salesOptions } from '../api/sales'
import type { OpportunityDetail } from '../api/types'
import { Gone } from '../frame/Lost'
import { author, ago, day, dealName, moment, money } from '../parts/format'
import { To } from '../parts/Links'
import { useMay } from '../parts/may'
import { Pairs, traitPairs } from '../parts/Pairs'
import { AddRole, CloseDeal, EditDeal, useDealForms } from '../parts/sales/forms'
import { Lead, isConflict, messageOf } from '../parts/States'
import { roleName } from '../parts/words'
import { t } from '../strings'
import { s } from '../strings.sales'
import '../sales.css'
import { AccountLink, ContactLink } from './columns'

export function OpportunityPage() {
  const { id } = useParams({ strict: false }) as { id: string }
  const query = useQuery(opportunity(id))
  if (query.isError) return <Gone error={query.error} retry={() => void query.refetch()} />
  const o = query.data
  if (!o) return <Skeleton height={320} />
  const amount = Number(o.amount) === 0 ? '' : `, ${money(o.amount, o.currency)}`
  return (
    <Stack gap="xl">
      <Lead title={dealName(o)} sentence={`${dealName(o)}: ${t.statuses[o.status].toLowerCase()}${o.stage && ` in ${o.stage}`}${amount}.`}>
        <Group gap="md" mt={6}>
          <Text size="sm">
            <AccountLink account={o.account} />
          </Text>
          <Text size="sm" c="dimmed">
            {[o.owner && `${t.columns.owner}: ${o.owner}`, o.product, o.opened_at && `${t.columns.opened} ${day(o.opened_at)} (${ago(o.opened_at)})`, o.closed_at && `${t.columns.closed} ${day(o.closed_at)}`]
              .filter(Boolean)
              .join(' · ')}
          </Text>
          <To to={'/measure/journeys/$id' as never} params={{ id: o.id } as never} search={{} as never}>
            {s.deals.journey}
          </To>
        </Group>
        <DealActs o={o} />
      </Lead>
      <div className="columns">
        <Stack gap="xl">
          <Stages o={o} />
          <Roles o={o} />
        </Stack>
        <Pairs title={s.deals.facts} pairs={traitPairs({ ...(o.traits ?? {}), ...(typeof o.traits?.expected_close_at === 'string' && o.traits.expected_close_at && { expected_close_at: day(o.traits.expected_close_at) }), ...(o.loss_reason && { loss_reason: o.loss_reason }), record: o.external_id })} />
      </div>
    </Stack>
  )
}

function DealActs({ o }: { o: OpportunityDetail }) {
  const may = useMay()('sales')
  const queries = useQueryClient()
  const stages = (useQuery(salesOptions).data?.deal_stages ?? []).filter((x) => x !== o.stage)
  const [closing, setClosing] = useState<'won' | 'lost'>()
  const [editing, setEditing] = useState(false)
  useDealForms(may)
  const change = useMutation({
    mutationFn: (stage: string | undefined) => (stage === undefined ? client.reopenOpportunity(o.id) : client.changeOpportunity(o.id, { stage, saw: { stage: o.stage } })),
    onSuccess: (_, stage) => notifications.show({ message: stage === undefined ? s.deals.reopened(dealName(o)) : s.deals.moved(dealName(o), stage), closeButtonProps: { 'aria-label': t.close } }),
    onError: (error) => notifications.show({ title: isConflict(error) ? s.faster : undefined, message: messageOf(error), color: 'red', closeButtonProps: { 'aria-label': t.close } }),
    onSettled: () => looksAgain(queries),
  })
  if (!may) return null
  return (
    <Group gap="xs" mt="sm" role="group" aria-label={s.actionsOf(dealName(o))} data-noprint>
      {o.status === 'open' ? (
        <>
          <Menu position="bottom-start" width={210}>
            <Menu.Target>
              <Button size="xs">{s.deals.move}…</Button>
            </Menu.Target>
            <Menu.Dropdown>
              {stages.map((x) => (
                <Menu.Item key={x} onClick={() => change.mutate(x)}>
                  {x}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
          <Button size="xs" variant="default" onClick={() => setClosing('won')}>
            {s.deals.win}…
          </Button>
          <Button size="xs" variant="default" onClick={() => setClosing('lost')}>
            {s.deals.lose}…
          </Button>
        </>
      ) : (
        <Button size="xs" variant="default" onClick={() => change.mutate(undefined)}>
          {s.deals.reopen}
        </Button>
      )}
      <Button size="xs" variant="default" onClick={() => setEditing(true)}>
        {s.deals.edit}…
      </Button>
      {closing && <CloseDeal o={o} status={closing} close={() => setClosing(undefined)} />}
      {editing && <EditDeal o={o} close={() => setEditing(false)} />}
    </Group>
  )
}

function Stages({ o }: { o: OpportunityDetail }) {
  const stages = [...(o.stages ?? [])].reverse()
  return (
    <section aria-label={s.deals.history}>
      <Title order={2}>{s.deals.history}</Title>
      {stages.length === 0 && <Text c="dimmed">{s.deals.noStages}</Text>}
      <ol className="decisions">
        {stages.map((x) => (
          <li key={`${x.stage} ${x.at}`}>
            <b>{x.stage}</b> {x.by && s.by(author(x.by))}
            <Text size="sm" c="dimmed">
              <time dateTime={x.at ?? ''}>{moment(x.at)}</time>
            </Text>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Roles({ o }: { o: OpportunityDetail }) {
  const may = useMay()('sales')
  const queries = useQueryClient()
  const [adding, setAdding] = useState(false)
  const remove = useMutation({ mutationFn: (contact: string) => client.changeOpportunity(o.id, { contacts: [{ contact, role: '' }] }), onSettled: () => looksAgain(queries) })
  return (
    <section aria-label={s.deals.roles}>
      <Title order={2}>{s.deals.roles}</Title>
      {(o.contacts ?? []).length === 0 && <Text c="dimmed">{s.deals.noRoles}</Text>}
      <ul className="decisions">
        {(o.contacts ?? []).map((c) => (
          <li key={c.contact.id + c.role}>
            <ContactLink contact={c.contact} inText /> <Text span c="dimmed" size="sm">{roleName(c.role)}</Text>{' '}
            {may && (
              <Button size="compact-xs" variant="subtle" onClick={() => remove.mutate(c.contact.id)} aria-label={s.deals.remove(c.contact.name)}>
                ×
              </Button>
            )}
          </li>
        ))}
      </ul>
      {may && (
        <Button size="xs" variant="default" mt="xs" onClick={() => setAdding(true)}>
          {s.deals.addRole}
        </Button>
      )}
      {adding && <AddRole o={o} close={() => setAdding(false)} />}
    </section>
  )
}
