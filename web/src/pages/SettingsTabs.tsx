import { Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { useMay } from '../parts/may'
import { Needs } from '../parts/Needs'
import { PageTabs } from '../parts/PageTabs'
import { Lead } from '../parts/States'
import { t } from '../strings'

const tabs = [
  { value: '/settings', label: t.settings.tabs.general, needs: 'import' },
  { value: '/settings/people', label: t.settings.tabs.people, needs: 'admin' },
  { value: '/settings/access-log', label: t.settings.tabs.log, needs: 'admin' },
] as const

/** The head that the pages of the settings share. Each has its own address. */
export function SettingsTabs({ at, title, sentence, children }: { at: (typeof tabs)[number]['value']; title: string; sentence: string | undefined; children: ReactNode }) {
  const may = useMay()
  const needs = tabs.find((tab) => tab.value === at)!.needs
  return (
    <Stack>
      <Lead title={title} sentence={may(needs) ? sentence : t.error.forbidden} />
      <Needs scope={needs}>
        <PageTabs tabs={tabs.filter((tab) => may(tab.needs))} at={at}>
          {children}
        </PageTabs>
      </Needs>
    </Stack>
  )
}
