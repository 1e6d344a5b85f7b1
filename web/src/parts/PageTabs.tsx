import { Tabs } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'

type Tab<T extends string> = { value: T; label: string }

/** Pages that stand side by side under one head, each at its own address. */
export function PageTabs<T extends string>({ tabs, at, children }: { tabs: readonly Tab<T>[]; at: T; children: ReactNode }) {
  const navigate = useNavigate()
  return (
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
  )
}
