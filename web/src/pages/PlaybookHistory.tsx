import { Button, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { playbook, playbookDiff, rulings } from '../api/queries'
import type { Ruling } from '../api/types'
import { author, ago, moment } from '../parts/format'
import { ButtonTo, To } from '../parts/Links'
import { useMay } from '../parts/may'
import { Failed } from '../parts/States'
import { Meaning, TextDiff } from '../playbook/Diffs'
import { p } from '../strings.playbook'
import { PlaybookTabs } from './PlaybookTabs'

export function PlaybookHistory() {
  const history = useQuery(rulings)
  const all = history.data ?? []
  return (
    <PlaybookTabs at="/playbook/history" sentence={history.data && p.historySentence(all.length, ago(all[0]?.applied_at))}>
      {history.isError ? <Failed error={history.error} retry={() => void history.refetch()} /> : history.isPending ? <Skeleton height={200} /> : null}
      <Stack gap="xs">
        {all.map((r, i) => (
          <Version key={r.position} ruling={r} before={all[i + 1]?.version} rules={i === 0} />
        ))}
      </Stack>
    </PlaybookTabs>
  )
}

function Version({ ruling: r, before, rules }: { ruling: Ruling; before: string | undefined; rules: boolean }) {
  const [opened, setOpened] = useState(false)
  const may = useMay()
  return (
    <article className="pb-box" aria-label={`${p.version} ${r.version.slice(0, 12)}`}>
      <Group justify="space-between" align="start">
        <div>
          <Text fw={600} className="wrap">
            {r.note || p.noteNone}
          </Text>
          <Text size="sm" c="dimmed" className="wrap">
            {moment(r.applied_at)}, {author(r.applied_by)}
            {rules && `, ${p.ruling}`}
          </Text>
        </div>
        <Group gap="xs">
          <To to="/playbook" search={rules ? {} : { version: r.version }}>
            <code>{r.version.slice(0, 12)}</code>
          </To>
          {before && (
            <Button size="compact-xs" variant="default" aria-expanded={opened} onClick={() => setOpened(!opened)}>
              {p.compare}
            </Button>
          )}
          {!rules && may('playbook') && (
            <ButtonTo size="compact-xs" variant="default" to="/playbook/edit" search={{ from: r.version }}>
              {p.back}
            </ButtonTo>
          )}
        </Group>
      </Group>
      {opened && before && <Compared from={before} to={r.version} />}
    </article>
  )
}

function Compared({ from, to }: { from: string; to: string }) {
  const diff = useQuery(playbookDiff(from, to))
  const [a, b] = [useQuery(playbook(from)), useQuery(playbook(to))]
  const failed = [diff, a, b].find((q) => q.isError)
  if (failed) return <Failed error={failed.error} retry={() => void failed.refetch()} />
  if (!diff.data || !a.data || !b.data) return <Skeleton height={80} />
  return (
    <Stack gap="sm" mt="sm">
      <Meaning changes={diff.data.changes} />
      <details>
        <summary>{p.textDiff}</summary>
        <TextDiff before={a.data.source} after={b.data.source} />
      </details>
    </Stack>
  )
}
