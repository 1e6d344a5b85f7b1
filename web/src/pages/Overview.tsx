import { Button, Group, Skeleton, Stack, Table, Text, Title, VisuallyHidden } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { listOf, stats } from '../api/queries'
import type { Account, Contact, Stats } from '../api/types'
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
      <Lead title={t.overview.title} sentence={s && t.overview.sentence(s.mql, s.mqa, s.opportunities.open)} />
      {query.isError && !s && <Failed error={query.error} retry={() => void query.refetch()} />}
      {query.isPending && <Skeleton height={180} />}
      {s && s.events === 0 && s.accounts === 0 ? <Nothing /> : s && <Figures s={s} />}
      <div className="columns even">
        {s && s.mql > 0 && <Newest list="leads" total={s.mql} />}
        {s && s.mqa > 0 && <Newest list="accounts" total={s.mqa} />}
      </div>
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
        <Figure label={t.overview.won} value={count(o.won)} of={money(o.won_amount, o.currency)} to={{ to: '/opportunities', search: { status: 'won' } }} />
        <Banded
          label={t.overview.winRate}
          value={closed === 0 ? null : o.won / closed}
          band={{ low: 0.2, high: 0.3 }}
          scale={0.6}
          write={percent}
          of={closed > 0 && t.overview.winRateOf(o.won, closed)}
        />
      </dl>
      <dl className="figures" aria-label={t.overview.data}>
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
function Figure({ label, value, of, to }: { label: string; value: string; of?: string; to: Place }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <To {...to} search={to.search ?? {}} className="number" c="var(--mantine-color-text)" underline="hover">
          {value}
        </To>
        {of && (
          <Text size="sm" c="dimmed">
            {of}
          </Text>
        )}
      </dd>
    </div>
  )
}

const read = 200
const shown = 8

/** The newest by when they entered the stage. */
export const newestFirst = <T extends { stage_at: string | null }>(all: readonly T[]) => [...all].sort((a, b) => (b.stage_at ?? '').localeCompare(a.stage_at ?? ''))

// The API has no order by stage_at: of many, the newest are found among those with the most intent, and the page says so.
function Newest({ list, total }: { list: 'leads' | 'accounts'; total: number }) {
  const why = useWhy()
  const query = useQuery(listOf(list, { stage: 'mql', limit: read }))
  const newest = newestFirst<Contact | Account>(query.data?.data ?? []).slice(0, shown)
  const title = list === 'leads' ? t.overview.newest : t.overview.newestAccounts
  return (
    <section aria-label={title}>
      <Title order={2}>{title}</Title>
      <Text c="dimmed" size="sm" mb="xs">
        {total > read ? t.overview.newestPartly(read) : t.overview.newestOf(shown, total)}
        {' · '}
        <To to={`/${list}`} search={{ stage: 'mql' }} underline="always">
          {t.overview.queue}
        </To>
      </Text>
      {query.isError ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : query.isPending ? (
        <Skeleton height={260} />
      ) : (
        <div className="scroll">
          <Table className="table" verticalSpacing={5} horizontalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{list === 'leads' ? t.columns.person : t.columns.account}</Table.Th>
                <Table.Th visibleFrom="xs">{t.columns.fit}</Table.Th>
                <Table.Th className="figure">{t.columns.intent}</Table.Th>
                <Table.Th>{t.overview.became}</Table.Th>
                <Table.Th>
                  <VisuallyHidden>{t.table.why}</VisuallyHidden>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {newest.map((x) => (
                <Table.Tr key={x.id}>
                  <Table.Td>{'email' in x ? <Person c={x} /> : <AccountLink account={x} />}</Table.Td>
                  <Table.Td visibleFrom="xs">
                    <GradeWord fit={x.fit} grade={x.grade} />
                  </Table.Td>
                  <Table.Td className="figure">{points(x.intent)}</Table.Td>
                  <Table.Td>
                    <Ago at={x.stage_at} />
                  </Table.Td>
                  <Table.Td className="figure">
                    <Button size="compact-xs" variant="subtle" onClick={() => why(x.id)} aria-label={t.table.whyOf(nameOf(x))}>
                      {t.table.why}
                    </Button>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </section>
  )
}

const Person = ({ c }: { c: Contact }) => (
  <div className="cut">
    <ContactLink contact={c} />
    <Text size="xs" c="dimmed" truncate>
      {[c.title, c.account?.name].filter(Boolean).join(', ') || c.email}
    </Text>
  </div>
)
