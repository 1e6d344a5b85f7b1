import '../playbook/playbook.css'
import { Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { PageTabs } from '../parts/PageTabs'
import { Lead } from '../parts/States'
import { t } from '../strings'
import { p } from '../strings.playbook'

const tabs = [
  { value: '/playbook', label: p.tabs.read },
  { value: '/playbook/edit', label: p.tabs.edit },
  { value: '/playbook/history', label: p.tabs.history },
] as const

/** The head that the playbook's pages share. Each has its own address. */
export function PlaybookTabs({ at, sentence, extra, children }: { at: (typeof tabs)[number]['value']; sentence: ReactNode; extra?: ReactNode; children: ReactNode }) {
  return (
    <Stack>
      <Lead title={t.playbook.title} sentence={sentence} lines={4}>
        {extra}
      </Lead>
      <PageTabs tabs={tabs} at={at}>
        {children}
      </PageTabs>
    </Stack>
  )
}
