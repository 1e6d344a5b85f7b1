import '../playbook/playbook.css'
import { Stack, Tabs } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
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
  const navigate = useNavigate()
  return (
    <Stack>
      <Lead title={t.playbook.title} sentence={sentence}>
        {extra}
      </Lead>
      <Tabs value={at} onChange={(to) => to && void navigate({ to, search: {} })}>
        <Tabs.List mb="md">
          {tabs.map((tab) => (
            <Tabs.Tab key={tab.value} value={tab.value}>
              {tab.label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={at}>{children}</Tabs.Panel>
      </Tabs>
    </Stack>
  )
}
