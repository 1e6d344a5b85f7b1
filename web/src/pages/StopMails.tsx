// Where the link in a mail to somebody from outside leads: one button ends the mails. The link alone ends nothing, since mail scanners open links.
import { Button, Container, Stack, Text, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useLocation } from '@tanstack/react-router'
import { door } from '../api/client'
import { tokenIn } from '../frame/entering'
import { messageOf } from '../parts/States'
import { t } from '../strings'
import { mails } from '../strings.boards'

export function StopMails() {
  const token = tokenIn(useLocation().hash)
  const run = useMutation({ mutationFn: () => door.stopMails(token) })
  return (
    <Container size={440} pt="12vh" pb="xl" component="main">
      <title>{`${mails.stop.title} · ${t.product}`}</title>
      <Stack align="flex-start">
        <Title order={1}>{run.data ? mails.stop.done(run.data.title) : mails.stop.sentence}</Title>
        {run.isError && (
          <Text className="bad" role="alert">
            {messageOf(run.error)}
          </Text>
        )}
        {!run.data && (
          <Button loading={run.isPending} onClick={() => run.mutate()}>
            {mails.stop.go}
          </Button>
        )}
      </Stack>
    </Container>
  )
}
