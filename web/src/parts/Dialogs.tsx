// The one side panel and the one dialog. Their headers are no landmarks: a page has one banner. What is made when it opens gives the focus back when
// it goes.
import { Button, Drawer, Group, Modal, Stack, Text } from '@mantine/core'
import type { FormEvent, ReactNode } from 'react'
import { t } from '../strings'
import { messageOf } from './States'
import { useFocusBack } from './useFocusBack'

type Props = { title: string; opened: boolean; close: () => void; children: ReactNode }

export function SidePanel({ title, opened, close, children }: Props) {
  const shown = useFocusBack(opened)
  return (
    <Drawer.Root opened={shown} onClose={close} position="right" size="xl">
      <Drawer.Overlay />
      <Drawer.Content>
        <Drawer.Header role="none">
          <Drawer.Title>{title}</Drawer.Title>
          <Drawer.CloseButton aria-label={t.close} />
        </Drawer.Header>
        <Drawer.Body>{children}</Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  )
}

export function Dialog({ title, opened, close, children }: Props) {
  const shown = useFocusBack(opened)
  return (
    <Modal.Root opened={shown} onClose={close}>
      <Modal.Overlay />
      <Modal.Content>
        <Modal.Header role="none">
          <Modal.Title fw={600}>{title}</Modal.Title>
          <Modal.CloseButton aria-label={t.close} />
        </Modal.Header>
        <Modal.Body ta="left">{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  )
}

type FormProps = { title: string; go: string; danger?: boolean; busy: boolean; problem: string | undefined; close: () => void; submit: () => void; children: ReactNode }

/** A form in a dialog, sent with Enter or Ctrl+Enter; problem is why it was refused. */
export function FormDialog({ title, go, danger, busy, problem, close, submit, children }: FormProps) {
  const send = (e: FormEvent) => {
    e.preventDefault()
    submit()
  }
  return (
    <Dialog title={title} opened close={close}>
      <form onSubmit={send} onKeyDown={(e) => e.key === 'Enter' && (e.ctrlKey || e.metaKey) && send(e)}>
        <Stack>
          {children}
          {problem && (
            <Text className="bad" role="alert">
              {problem}
            </Text>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t.cancel}
            </Button>
            <Button type="submit" loading={busy} {...(danger && { color: 'red' })}>
              {go}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}

type Question = Omit<Props, 'children'> & { children?: ReactNode; hint: string; yes: string; busy: boolean; error: unknown; go: () => void }

/** Asks before something that ends or takes back: what happens, and whether it can be undone. */
export function Confirm({ hint, yes, busy, error, go, children, ...dialog }: Question) {
  return (
    <Dialog {...dialog}>
      <Stack>
        {children}
        <Text>{hint}</Text>
        {error ? (
          <Text className="bad" role="alert">
            {messageOf(error)}
          </Text>
        ) : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={dialog.close}>
            {t.cancel}
          </Button>
          <Button color="red" loading={busy} onClick={go}>
            {yes}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
