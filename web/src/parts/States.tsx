import { Alert, Button, Group, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { ApiError } from '../api/client'
import { t } from '../strings'
import { onward } from './onward'

/** What stands where there is nothing: what it is, how something gets there, and the way to do that. */
export function Empty({ title, hint, action }: { title: string; hint?: string | undefined; action?: ReactNode }) {
  return (
    <Stack align="flex-start" gap={6} py="lg">
      <Text fw={600}>{title}</Text>
      {hint && <Text c="dimmed">{hint}</Text>}
      {action}
    </Stack>
  )
}

/** Tries again what failed. What comes in its place gets the focus. */
export function Again({ go, size = 'sm' }: { go: () => void; size?: 'xs' | 'sm' }) {
  return (
    <Button size={size} variant="default" data-again onClick={(e) => { onward(e.currentTarget); go() }}>
      {t.error.retry}
    </Button>
  )
}

/** What stands where something could not be loaded. */
export function Failed({ error, retry, title = t.error.title }: { error: unknown; retry?: () => void; title?: string }) {
  return (
    <Alert color="red" variant="outline" role="alert" title={title} styles={{ title: { color: 'var(--millrace-bad)' } }}>
      <Stack align="flex-start" gap="sm">
        <Text className="wrap">{messageOf(error)}</Text>
        {retry && (
          <Again size="xs" go={retry} />
        )}
      </Stack>
    </Alert>
  )
}

export function messageOf(error: unknown): string {
  if (error instanceof ApiError) {
    if (error.status === 0) return t.error.offline
    return error.status >= 500 && error.message === `HTTP ${error.status}` ? t.error.away(error.status) : error.message
  }
  return error instanceof Error ? error.message : String(error)
}

/** Somebody else was faster. */
export const isConflict = (e: unknown) => e instanceof ApiError && e.status === 409

/** The page's question and its answer: title, then one sentence. The sentence's place is kept while it loads. */
export function Lead({ title, sentence, lines = 1, beside, children }: { title: string; sentence: ReactNode; /** How many the sentence has on a phone, kept free for it. */ lines?: number; beside?: ReactNode; children?: ReactNode }) {
  const name = (
    <Text c="dimmed" size="sm" component="p" m={0}>
      {title}
    </Text>
  )
  return (
    <header>
      <title>{`${title} · ${t.product}`}</title>
      {beside ? (
        <Group justify="space-between" gap="sm" mb={2}>
          {name}
          {beside}
        </Group>
      ) : (
        name
      )}
      <Title order={1} mih={sentence ? '1.7rem' : { base: `${1.7 * lines}rem`, sm: '1.7rem' }} aria-hidden={!sentence || undefined}>
        {sentence || '\u00a0'}
      </Title>
      {children}
    </header>
  )
}
