import { Anchor, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useDeferredValue } from 'react'
import { contact, explanation } from '../api/queries'
import type { ContactDetail, Explanation } from '../api/types'
import { AsOf, PastBanner, usePast } from '../parts/AsOf'
import { count, nameOf, points } from '../parts/format'
import { Merge, Merged, Merges } from '../parts/Merge'
import { Pairs, traitPairs } from '../parts/Pairs'
import { Gone } from '../frame/Lost'
import { Asked, History, lastAct, LeadActs } from '../parts/sales/LeadActs'
import { Failed, Lead } from '../parts/States'
import { Timeline } from '../parts/Timeline'
import { useWhy } from '../parts/useWhy'
import { verdict } from '../parts/verdict'
import { FitOpened, IntentOpened } from '../parts/Why'
import { roleName, StageExplained, StageSince } from '../parts/words'
import { t } from '../strings'
import { AccountLink } from './columns'

export function ContactPage() {
  const { id } = useParams({ strict: false }) as { id: string }
  const detail = useQuery(contact(id))
  const { past } = usePast()
  const x = useQuery({ ...explanation(detail.data?.id ?? id, past?.at), enabled: detail.isSuccess })
  // Drawn when all of it is there, so that nothing is pushed away that somebody has begun to read; on a past day what is there stays while another is asked for.
  const drawn = useDeferredValue(!!past || x.isError || x.data ? detail.data : undefined) // drawn a few milliseconds at a time
  const c = drawn?.id === detail.data?.id ? drawn : undefined // never another person's beside this one's figures
  if (detail.isError) return <Gone error={detail.error} retry={() => void detail.refetch()} />
  return (
    <Stack gap="xl">
      <Lead title={detail.data ? nameOf(detail.data) : t.nav.contacts} sentence={c && x.data && verdict(x.data, nameOf(c))}>
        {c && <Facts c={past && x.data ? { ...c, stage: x.data.stage, intent: x.data.intent.points } : c} x={x.data} />}
        {c && !past && <LeadActs of={c} last={lastAct(x.data)} />}
        {c && <AsOf since={c.first_seen_at} />}
      </Lead>
      {c && <Merged />}
      <PastBanner of="contact" />
      {x.isError && <Failed error={x.error} retry={() => void x.refetch()} />}
      {c ? (
        <div className="columns">
          <Timeline of="contacts" id={c.id} until={past?.at} />
          <Stack gap="xl">
            {x.data && <History x={x.data} />}
            <Asked id={c.id} />
            {x.data ? <IntentOpened x={x.data} /> : !x.isError && <Skeleton height={240} />}
            {x.data && <FitOpened x={x.data} />}
            <Pairs title={t.contact.facts} pairs={traitPairs(past ? (x.data?.traits ?? {}) : c.traits)} />
            <Pairs term="identifiers" title={t.contact.identifiers} pairs={(c.identifiers ?? []).map((i) => [i.type.replaceAll('_', ' '), i.value] as const)} />
            <Merges of="contacts" id={c.id} past={!!past} />
          </Stack>
        </div>
      ) : (
        <Skeleton height={520} />
      )}
    </Stack>
  )
}

function Facts({ c, x }: { c: ContactDetail; x: Explanation | undefined }) {
  const why = useWhy()
  return (
    <Group gap="md" mt={6}>
      <StageExplained stage={c.stage} />
      <StageSince x={x} />
      <Text size="sm">
        {t.columns.intent} <b>{points(c.intent)}</b> {x && t.band.ofBar(count(x.intent.threshold))}
      </Text>
      <Text size="sm">{c.account ? <AccountLink account={c.account} /> : t.contact.noAccount}</Text>
      <Text size="sm" c="dimmed" className="wrap">
        {[c.title, c.role && roleName(c.role), c.email, c.country, c.owner && `${t.columns.owner}: ${c.owner}`].filter(Boolean).join(' · ')}
      </Text>
      <Anchor component="button" size="sm" onClick={() => why(c.id)} data-noprint>
        {t.table.why}
      </Anchor>
      <Merge of="contacts" record={c} />
    </Group>
  )
}
