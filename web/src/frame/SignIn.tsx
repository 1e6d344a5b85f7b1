import { Button, Container, PasswordInput, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiError, client } from '../api/client'
import { messageOf } from '../parts/States'
import { t } from '../strings'

/** Where to go after signing in: a path of this app, never another site. */
export function safeNext(next: string | undefined): string {
  return next && /^\/(?![/\\])/.test(next) && !next.startsWith('/sign-in') ? next : '/'
}

export function SignIn() {
  const router = useRouter()
  const queries = useQueryClient()
  const { next } = useSearch({ strict: false }) as { next?: string }
  // The server's first start prints a link with the key behind #, which browsers never send.
  const [key, setKey] = useState(() => new URLSearchParams(location.hash.slice(1)).get('key') ?? '')
  const signIn = useMutation({
    mutationFn: () => client.signIn(key.trim()),
    onSuccess: () => {
      queries.clear()
      router.history.replace(safeNext(next))
    },
  })
  const refused = signIn.error instanceof ApiError && [400, 401, 403, 422].includes(signIn.error.status)
  return (
    <Container size={420} pt="15vh" component="main">
      <title>{`${t.signIn.title} · ${t.product}`}</title>
      <form
        onSubmit={(e) => {
          e.preventDefault()
          signIn.mutate()
        }}
      >
        <Stack>
          <div>
            <Text fw={600} c="dimmed">
              {t.product}
            </Text>
            <Title order={1}>{t.signIn.sentence}</Title>
          </div>
          <PasswordInput
            label={t.signIn.key}
            description={t.signIn.hint}
            value={key}
            onChange={(e) => setKey(e.currentTarget.value)}
            autoComplete="current-password"
            name="key"
            required
            autoFocus
            error={signIn.isError ? (refused ? t.signIn.refused : messageOf(signIn.error)) : undefined}
          />
          <Button type="submit" loading={signIn.isPending} disabled={!key.trim()}>
            {t.signIn.title}
          </Button>
        </Stack>
      </form>
    </Container>
  )
}
