// What stands in the way of everything else where a second factor is demanded of everybody, and whoever signed in has none.
import { Anchor, Container, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { client } from '../api/client'
import { known, tell } from '../api/renewal'
import type { Session } from '../api/types'
import { messageOf } from '../parts/States'
import { t } from '../strings'
import { ChangePassword } from './OwnAccount'
import { Begin, Recovery } from './SecondFactor'

const f = t.factor

/** hold keeps this page while the recovery codes are shown, whatever the server says meanwhile. */
export function SetFactorUp({ who, hold }: { who: Session; hold: (on: boolean) => void }) {
  const queries = useQueryClient()
  const [codes, setCodes] = useState<readonly string[]>()
  const signOut = useMutation({
    mutationFn: client.signOut,
    onSuccess: () => {
      known(null)
      tell(null)
      location.assign('/sign-in')
    },
  })
  const done = async () => {
    await queries.invalidateQueries()
    hold(false)
  }
  const given = (recovery: readonly string[]) => {
    hold(true)
    setCodes(recovery)
    return Promise.resolve()
  }
  return (
    <Container size={560} pt="8vh" pb="xl" component="main">
      <title>{`${f.neededTitle} · ${t.product}`}</title>
      <Stack>
        <div>
          <Text fw={600} c="dimmed">
            {t.product}
          </Text>
          <Title order={1}>{f.needed}</Title>
        </div>
        {codes ? (
          <Recovery codes={codes} done={() => void done()} />
        ) : (
          <>
            <Text>{f.neededHint}</Text>
            {who.user.state === 'invited' ? <ChangePassword first email={who.user.email} /> : <Begin email={who.user.email} done={given} />}
            <Text size="sm">
              <Anchor component="button" type="button" inherit onClick={() => signOut.mutate()}>
                {f.neededLeave(who.user.email)}
              </Anchor>
            </Text>
            {signOut.isError && (
              <Text className="bad" role="alert">
                {messageOf(signOut.error)}
              </Text>
            )}
          </>
        )}
      </Stack>
    </Container>
  )
}
