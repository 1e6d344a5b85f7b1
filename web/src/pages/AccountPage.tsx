import { Anchor, Group, Skeleton, Stack, Table, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useDeferredValue } from 'react'
import { account, explanation, listOf } from '../api/queries'
import type { AccountDetail, Explanation } from '../api/types'
import { Committee } from '../parts/Committee'
import { AsOf, PastBanner, usePast } from '../parts/AsOf'
import { count, day, money, nameOf, points } from '../parts/format'
import { Merge, Merged, Merges } from '../parts/Merge'
import { Pairs, traitPairs } from '../parts/Pairs'
import { Gone } from '../frame/Lost'
import { To } from '../parts/Links'
import { Asked, History, lastAct, LeadActs } from '../parts/sales/LeadActs'
import { Failed, Lead } from '../parts/States'
import { Timeline } from '../parts/Timeline'
import { useWhy } from '../parts/useWhy'
import { verdict } from '../parts/verdict'
import { FitOpened, IntentOpened } from '../parts/Why'
import { StageExplained, StageSince } from '../parts/words'
import { t } from '../strings'

export function AccountPage() {
  const { id } = useParams({ strict: false }) as { id: string }
  const detail = useQuery(account(id))
  const { past } = usePast()
  const x = useQuery({ ...explanation(detail.data?.id ?? id, past?.at), enabled: detail.isSuccess })
  const people = useQuery({ ...listOf('contacts', { account: detail.data?.id, sort: 'intent', limit: 200 }), enabled: detail.isSuccess, placeholderData: undefined })
  // Drawn when all of it is there, so that nothing is pushed away that somebody has begun to read; on a past day what is there stays while another is asked for.
  const all = !!past || ((x.isError || !!x.data) && (people.isError || !!people.data))
  const drawn = useDeferredValue(all ? detail.data : undefined) // drawn a few milliseconds at a time
  const a = drawn?.id === detail.data?.id ? drawn : undefined // never another account's beside this one's figures
  if (detail.isError) return <Gone error={detail.error} retry={() => void detail.refetch()} />
  return (
    <Stack gap="xl">
      <Lead title={detail.data ? nameOf(detail.data) : t.nav.accounts} sentence={a && x.data && verdict(x.data, nameOf(a), past ? undefined : a)}>
        {a && <Facts a={past && x.data ? { ...a, stage: x.data.stage, intent: x.data.intent.points } : a} x={x.data} />}
        {a && !past && <LeadActs of={a} last={lastAct(x.data)} />}
        {a && <AsOf since={undefined} />}
      </Lead>
      {a && <Merged />}
      <PastBanner of="account" />
      {x.isError && <Failed error={x.error} retry={() => void x.refetch()} />}
      {a ? x.data && people.data ? <Committee account={a.id} roles={x.data.committee ?? []} people={people.data.data} /> : !x.isError && <Skeleton height={200} /> : <Skeleton height={520} />}
      {a && (
        <div className="columns">
          <Timeline of="accounts" id={a.id} until={past?.at} />
          <Stack gap="xl">
            <Deals account={a.id} all={a.open + a.won + a.lost} />
            {x.data && <History x={x.data} />}
            <Asked id={a.id} />
            {x.data && <IntentOpened x={x.data} names={new Map(people.data?.data.map((p) => [p.id, nameOf(p)]))} />}
            {x.data && <FitOpened x={x.data} />}
            <Pairs title={t.account.facts} pairs={traitPairs(past ? (x.data?.traits ?? {}) : a.traits)} />
            <Pairs term="identifiers" title={t.account.identifiers} pairs={(a.identifiers ?? []).map((i) => [i.type.replaceAll('_', ' '), i.value] as const)} />
            <Merges of="accounts" id={a.id} past={!!past} />
          </Stack>
        </div>
      )}
    </Stack>
  )
}

function Facts({ a, x }: { a: AccountDetail; x: Explanation | undefined }) {
  const why = useWhy()
  return (
    <Group gap="md" mt={6}>
      <StageExplained stage={a.stage} of="account" />
      <StageSince x={x} />
      <Text size="sm">
        {t.columns.intent} <b>{points(a.intent)}</b> {x && t.band.ofBar(count(x.intent.threshold))}
      </Text>
      <Text size="sm" c="dimmed">
        {[a.domain, a.industry, a.employees ? `${count(a.employees)} ${t.columns.employees.toLowerCase()}` : '', a.country, a.owner && `${t.columns.owner}: ${a.owner}`].filter(Boolean).join(' · ')}
      </Text>
      <Anchor component="button" size="sm" onClick={() => why(a.id)} data-noprint>
        {t.table.why}
      </Anchor>
      <Merge of="accounts" record={a} />
    </Group>
  )
}

function Deals({ account, all }: { account: string; all: number }) {
  const query = useQuery(listOf('opportunities', { account, limit: 20 }))
  const deals = query.data?.data ?? []
  return (
    <section aria-label={t.account.deals}>
      <Title order={2}>{t.account.deals}</Title>
      {query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
      {query.isPending && all > 0 && <Skeleton height={32 + 52 * Math.min(all, 20)} />}
      {query.isSuccess && deals.length === 0 && <Text c="dimmed">{t.account.noDeals}</Text>}
      {deals.length > 0 && (
        <Table className="table" verticalSpacing={4} horizontalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t.columns.name}</Table.Th>
              <Table.Th>{t.columns.status}</Table.Th>
              <Table.Th className="figure">{t.columns.amount}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {deals.map((o) => (
              <Table.Tr key={o.id}>
                <Table.Td>
                  <To to="/opportunities/$id" params={{ id: o.id }} search={{}} underline="always">{o.name || o.product || o.external_id}</To>
                  <Text size="xs" c="dimmed">
                    {[o.stage, o.opened_at && day(o.opened_at), o.loss_reason].filter(Boolean).join(' · ')}
                  </Text>
                </Table.Td>
                <Table.Td>{t.statuses[o.status]}</Table.Td>
                <Table.Td className="figure">{Number(o.amount) === 0 ? t.unknown : money(o.amount, o.currency)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {query.isSuccess && deals.length < all && <p className="hint">{t.account.newestDeals(deals.length, all)}</p>}
    </section>
  )
}
