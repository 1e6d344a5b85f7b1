// A session that ends while somebody works is renewed over the page: what they typed stays, what they sent is sent once more.
import { Button, Group, Modal, PasswordInput, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, useSyncExternalStore } from 'react'
import { door } from '../api/client'
import { session } from '../api/queries'
import { renewal, settle, tell } from '../api/renewal'
import { messageOf } from '../parts/States'
import { t } from '../strings'
import { CodeField } from './CodeField'
import { fieldOf } from './entering'

export function SignInAgain() {
  const { asking, user } = useSyncExternalStore(renewal.subscribe, renewal.get)
  return (
    <Modal.Root opened={asking && user !== null} onClose={() => {}} closeOnEscape={false} closeOnClickOutside={false} zIndex={1000} centered>
      <Modal.Overlay />
      <Modal.Content>
        <Modal.Header role="none">
          <Modal.Title fw={600}>{t.again.title}</Modal.Title>
        </Modal.Header>
        <Modal.Body>{user && <Again email={user.email} />}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  )
}

function Again({ email }: { email: string }) {
  const queries = useQueryClient()
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [challenge, setChallenge] = useState('')
  const signIn = useMutation({
    mutationFn: () => (challenge ? door.signInWithCode(challenge, code) : door.signIn({ email, password })),
    onError: (e) => fieldOf(e, 'challenge') && setChallenge(''),
    onSuccess: (s) => {
      if ('challenge' in s) {
        setChallenge(s.challenge)
        setCode('')
        return
      }
      queries.setQueryData(session.queryKey, s)
      tell(s.user)
      settle(true)
    },
  })
  return (
    <form
      noValidate
      onSubmit={(e) => {
        e.preventDefault()
        signIn.mutate()
      }}
    >
      <Stack>
        <Text>{t.again.hint(email)}</Text>
        <input type="email" name="email" autoComplete="username" value={email} readOnly hidden />
        {challenge ? (
          <CodeField code={code} change={setCode} error={signIn.isError ? messageOf(signIn.error) : undefined} forget={signIn.reset} focused />
        ) : (
          <PasswordInput
            label={t.door.password}
            value={password}
            onChange={(e) => setPassword(e.currentTarget.value)}
            autoComplete="current-password"
            name="password"
            data-autofocus
            error={signIn.isError ? messageOf(signIn.error) : undefined}
            visibilityToggleButtonProps={{ 'aria-label': t.door.show }}
          />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => settle(false)}>
            {t.again.leave}
          </Button>
          <Button type="submit" loading={signIn.isPending}>
            {t.door.signIn}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
