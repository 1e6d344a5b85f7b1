import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { stats } from '../api/queries'
import { Lead } from '../parts/States'
import { Needs } from '../parts/Needs'
import { PageTabs } from '../parts/PageTabs'
import { t } from '../strings'

const tabs = [
  { value: '/data/imports', label: t.data.imports },
  { value: '/data/events', label: t.data.events },
  { value: '/data/drops', label: t.data.drops },
] as const

/** The head that the three pages about incoming data share. Each has its own address. */
export function DataTabs({ at, children }: { at: (typeof tabs)[number]['value']; children: ReactNode }) {
  const s = useQuery({ ...stats, refetchInterval: 10_000 }).data
  const dropped = s && Object.values(s.dropped).reduce((a, b) => a + b, 0)
  return (
    <Stack>
      <Lead title={t.data.title} sentence={s && t.data.sentence(s.events, dropped ?? 0)} lines={2} />
      <PageTabs tabs={tabs} at={at}>
        <Needs scope="intake">{children}</Needs>
      </PageTabs>
    </Stack>
  )
}
