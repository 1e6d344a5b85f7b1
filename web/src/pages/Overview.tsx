import { Anchor, Group, Skeleton, Stack, Table, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { listOf, stats } from '../api/queries'
import type { Contact, Stats } from '../api/types'
import { Banded } from '../parts/Banded'
import { compact, count, money, nameOf, percent, points } from '../parts/format'
import { Empty, Failed, Lead } from '../parts/States'
import { useWhy } from '../parts/useWhy'
import { GradeWord } from '../parts/words'
import { To } from '../parts/Links'
import { t } from '../strings'
import { AccountLink, Ago, ContactLink } from './columns'

export function Overview() {
  const query = useQuery({ ...stats, refetchInterval: 10_000 })
  const s = query.data
  return (
    <Stack gap="xl">
      <Lead title={t.overview.title} sentence={s && t.overview.sentence(s.mql, s.mqa)} />
      {query.isError && !s && <Failed error={query.error} retry={() => void query.refetch()} />}
      {query.isPending && <Skeleton height={180} />}
      {s && s.events === 0 && s.accounts === 0 ? <Nothing /> : s && <Figures s={s} />}
      {s && s.mql > 0 && <Newest mql={s.mql} />}
    </Stack>
  )
}

function Nothing() {
  return (
    <Empty
      title={t.overview.empty}
      action={
        <Group>
          <To to="/settings">
            {t.overview.emptySnippet}
          </To>
          <To to="/data/imports">
            {t.overview.emptyImport}
          </To>
        </Group>
      }
    />
  )
}

function Figures({ s }: { s: Stats }) {
  const o = s.opportunities
  const closed = o.won + o.lost
  const dropped = Object.values(s.dropped).reduce((a, b) => a + b, 0)
  return (
    <section aria-label={t.overview.figures}>
      <dl className="figures">
        <Figure label={t.overview.mql} value={count(s.mql)} to={{ to: '/leads', search: { stage: 'mql' } }} />
        <Figure label={t.overview.mqa} value={count(s.mqa)} to={{ to: '/accounts', search: { stage: 'mql' } }} />
        <Figure label={t.overview.open} value={count(o.open)} to={{ to: '/opportunities', search: { status: 'open' } }} />
        <Figure label={t.overview.won} value={`${count(o.won)} · ${money(o.won_amount, o.currency)}`} to={{ to: '/opportunities', search: { status: 'won' } }} />
        <Banded
          label={t.overview.winRate}
          value={closed === 0 ? null : o.won / closed}
          band={{ low: 0.2, high: 0.3 }}
          scale={0.6}
          write={percent}
          of={closed > 0 && t.overview.winRateOf(o.won, closed)}
        />
        <Figure label={t.overview.accounts} value={count(s.accounts)} to={{ to: '/accounts' }} />
        <Figure label={t.overview.contacts} value={count(s.contacts)} to={{ to: '/contacts' }} />
        <Figure label={t.overview.events} value={s.events < 1e6 ? count(s.events) : compact(s.events)} to={{ to: '/data/events' }} />
        <Figure label={t.overview.dropped} value={count(dropped)} to={{ to: '/data/drops' }} />
      </dl>
    </section>
  )
}

type Place = { to: '/leads' | '/accounts' | '/contacts' | '/opportunities' | '/data/events' | '/data/drops'; search?: Record<string, string> }

// A figure is the way into what it counts.
function Figure({ label, value, to }: { label: string; value: string; to: Place }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <To {...to} search={to.search ?? {}} className="number" c="var(--mantine-color-text)" underline="hover">
          {value}
        </To>
      </dd>
    </div>
  )
}

const read = 200
const shown = 8

/** The newest by when they entered the stage. */
export const newestFirst = (people: readonly Contact[]) => [...people].sort((a, b) => (b.stage_at ?? '').localeCompare(a.stage_at ?? ''))

function Newest({ mql }: { mql: number }) {
  const why = useWhy()
  const query = useQuery(listOf('leads', { stage: 'mql', limit: read }))
  const people = newestFirst(query.data?.data ?? []).slice(0, shown)
  return (
    <section aria-label={t.overview.newest}>
      <Title order={2}>{t.overview.newest}</Title>
      <Text c="dimmed" size="sm" mb="xs">
        {mql > read ? t.overview.newestPartly(read) : t.overview.newestOf(shown, mql)}{' · '}
        <To to="/leads" search={{ stage: 'mql' }}>
          {t.overview.queue}
        </To>
      </Text>
      {query.isError ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : query.isPending ? (
        <Skeleton height={260} />
      ) : (
        <Table className="table" verticalSpacing={5}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t.columns.person}</Table.Th>
              <Table.Th visibleFrom="sm">{t.columns.account}</Table.Th>
              <Table.Th visibleFrom="sm">{t.columns.grade}</Table.Th>
              <Table.Th className="figure">{t.columns.intent}</Table.Th>
              <Table.Th>{t.overview.became}</Table.Th>
              <Table.Th className="figure">{t.table.why}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {people.map((c) => (
              <Table.Tr key={c.id}>
                <Table.Td>
                  <ContactLink contact={c} />
                  <Text size="xs" c="dimmed">
                    {c.title || c.email}
                  </Text>
                </Table.Td>
                <Table.Td visibleFrom="sm">
                  <AccountLink account={c.account} />
                </Table.Td>
                <Table.Td visibleFrom="sm">
                  <GradeWord fit={c.fit} grade={c.grade} />
                </Table.Td>
                <Table.Td className="figure">{points(c.intent)}</Table.Td>
                <Table.Td>
                  <Ago at={c.stage_at} />
                </Table.Td>
                <Table.Td className="figure">
                  <Anchor component="button" onClick={() => why(c.id)} aria-label={t.table.whyOf(nameOf(c))}>
                    {t.table.why}
                  </Anchor>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </section>
  )
}
