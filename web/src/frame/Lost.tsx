import { Button, Code, Container, Stack, Text, Title } from '@mantine/core'
import { type ErrorComponentProps } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiError } from '../api/client'
import { reload } from '../parts/onward'
import { Failed, messageOf } from '../parts/States'
import { ButtonTo } from '../parts/Links'
import { t } from '../strings'

/** A record's page without its record. */
export function Gone({ error, retry }: { error: unknown; retry: () => void }) {
  if (error instanceof ApiError && error.status === 404) return <NotFound />
  return (
    <>
      <Title order={1}>{t.error.title}</Title>
      <Failed error={error} retry={retry} title="" />
    </>
  )
}

export function NotFound() {
  return (
    <Container size="sm" py="xl">
      <Stack align="flex-start">
        <Title order={1}>{t.error.notFound}</Title>
        <Text c="dimmed">{t.error.notFoundHint}</Text>
        <ButtonTo to="/" variant="default">
          {t.error.home}
        </ButtonTo>
      </Stack>
    </Container>
  )
}

// As browsers and the app's loader say that a file of the app did not come.
const unloaded = /dynamically imported module|Importing a module script failed|Unable to preload CSS/

export function Crashed({ error }: ErrorComponentProps) {
  const missing = unloaded.test(messageOf(error))
  const [problem, tell] = useState('')
  const again = () => {
    tell('')
    reload().catch(() => tell(t.error.offline))
  }
  return (
    <Container size="sm" py="xl" role="alert">
      <Stack align="flex-start">
        <Title order={1}>{missing ? t.error.pageUnloaded : t.error.crashed}</Title>
        {missing ? <Text c="dimmed">{t.error.pageUnloadedHint}</Text> : <Code block>{messageOf(error)}</Code>}
        <Button variant="default" data-again onClick={again}>
          {missing ? t.error.retry : t.error.reload}
        </Button>
        {problem && <Text className="bad">{problem}</Text>}
      </Stack>
    </Container>
  )
}
