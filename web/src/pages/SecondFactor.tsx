// The second factor of one's own account: turned on with a QR code and a code of it, off with password and code.
import { Button, Code, CopyButton, Group, PasswordInput, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { client } from '../api/client'
import { secondFactor, session } from '../api/queries'
import type { NewFactor } from '../api/types'
import { CodeField } from '../frame/CodeField'
import { fieldOf, otherwise } from '../frame/entering'
import { FormDialog } from '../parts/Dialogs'
import { moment } from '../parts/format'
import { Failed } from '../parts/States'
import { Term } from '../parts/Term'
import { t } from '../strings'

const f = t.factor
const say = (message: string) => notifications.show({ message, closeButtonProps: { 'aria-label': t.close } })

export function SecondFactor({ withoutPassword, email }: { withoutPassword: boolean; email: string }) {
  const query = useQuery(secondFactor)
  const queries = useQueryClient()
  const [asked, setAsked] = useState<'begin' | 'renew' | 'off'>()
  const [codes, setCodes] = useState<readonly string[]>()
  const close = () => setAsked(undefined)
  const fresh = () => Promise.all([queries.invalidateQueries({ queryKey: secondFactor.queryKey }), queries.invalidateQueries({ queryKey: session.queryKey })])
  const given = async (recovery: readonly string[]) => {
    await fresh()
    close()
    setCodes(recovery)
  }
  const on = query.data?.on_since
  return (
    <section aria-label={f.title}>
      <Title order={2} mb="xs">
        <Term name="secondFactor">{f.title}</Term>
      </Title>
      {query.isError ? (
        <Failed error={query.error} retry={() => void query.refetch()} />
      ) : query.isPending ? (
        <Skeleton height={60} />
      ) : (
        <Stack gap="sm" align="flex-start" maw={560}>
          <Text>{on ? f.on(moment(on), query.data.recovery_codes) : f.off}</Text>
          {codes && <Recovery codes={codes} done={() => setCodes(undefined)} />}
          {asked === 'begin' && !on && <Begin email={email} close={close} done={given} />}
          {withoutPassword && !on && <Text c="dimmed">{f.noPassword}</Text>}
          {on ? (
            <Group gap="xs">
              <Button size="xs" variant="default" onClick={() => setAsked('renew')}>
                {f.renew}
              </Button>
              <Button size="xs" variant="default" onClick={() => setAsked('off')}>
                {f.turnOff}
              </Button>
            </Group>
          ) : (
            asked !== 'begin' && (
              <Button size="xs" disabled={withoutPassword} onClick={() => setAsked('begin')}>
                {f.turnOn}
              </Button>
            )
          )}
        </Stack>
      )}
      {asked === 'renew' && <Both title={f.renewTitle} hint={f.renewHint} go={f.renew} email={email} run={(both) => client.renewRecoveryCodes(both).then((r) => given(r.codes))} close={close} />}
      {asked === 'off' && (
        <Both
          title={f.offTitle}
          hint={f.offHint}
          go={f.turnOff}
          email={email}
          danger
          run={async (both) => {
            await client.turnSecondFactorOff(both)
            close()
            setCodes(undefined)
            say(f.isOff)
            await fresh()
          }}
          close={close}
        />
      )}
    </section>
  )
}

/** Turning on: the password, then the secret and a code of it. Without close there is no way back. */
export function Begin({ email, close, done }: { email: string; close?: () => void; done: (recovery: readonly string[]) => Promise<void> }) {
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const begin = useMutation({ mutationFn: () => client.beginSecondFactor(password) })
  const confirm = useMutation({ mutationFn: () => client.confirmSecondFactor(code), onSuccess: (r) => done(r.codes) })
  const step = begin.data ? confirm : begin
  const send = (e: FormEvent) => {
    e.preventDefault()
    step.mutate()
  }
  const other = otherwise(step.error, ['password', 'code'])
  return (
    <form noValidate onSubmit={send} aria-label={f.turnOn}>
      <Stack gap="sm" align="flex-start">
        {begin.data ? (
          <>
            <Text>{f.scan}</Text>
            <Picture of={begin.data} />
            <Text size="sm" c="dimmed">
              {f.typeIt}
            </Text>
            <Group gap="xs">
              <Code fz="sm" className="wrap">
                {begin.data.secret.replace(/(.{4})(?=.)/g, '$1 ')}
              </Code>
              <Copy value={begin.data.secret} />
            </Group>
            <TextInput label={f.code} description={f.confirmHint} value={code} onChange={(e) => setCode(e.currentTarget.value)} error={fieldOf(confirm.error, 'code')} name="code" inputMode="numeric" autoComplete="one-time-code" autoFocus maxLength={10} w={280} />
          </>
        ) : (
          <>
            <input type="email" name="email" autoComplete="username" value={email} readOnly hidden />
            <PasswordInput label={f.password} description={f.passwordHint} value={password} onChange={(e) => setPassword(e.currentTarget.value)} error={fieldOf(begin.error, 'password')} autoComplete="current-password" autoFocus visibilityToggleButtonProps={{ 'aria-label': t.door.show }} w={360} maw="100%" />
          </>
        )}
        {other && (
          <Text className="bad" role="alert">
            {other}
          </Text>
        )}
        <Group gap="xs">
          <Button type="submit" size="xs" loading={step.isPending} disabled={begin.data ? !code.trim() : !password}>
            {begin.data ? f.confirm : f.goOn}
          </Button>
          {close && (
            <Button size="xs" variant="default" onClick={close}>
              {t.cancel}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  )
}

// Black on white in both schemes, with the quiet zone that scanners need.
function Picture({ of: { qr } }: { of: NewFactor }) {
  return (
    <svg className="qr" viewBox={`-4 -4 ${qr.size + 8} ${qr.size + 8}`} role="img" aria-label={f.picture} shapeRendering="crispEdges">
      <rect x={-4} y={-4} width={qr.size + 8} height={qr.size + 8} fill="#fff" />
      <path d={qr.path} fill="#000" />
    </svg>
  )
}

const Copy = ({ value }: { value: string }) => (
  <CopyButton value={value}>
    {({ copied, copy }) => (
      <Button size="compact-xs" variant="default" onClick={copy}>
        {copied ? t.copied : t.copy}
      </Button>
    )}
  </CopyButton>
)

/** The recovery codes, which are shown this once. */
export function Recovery({ codes, done }: { codes: readonly string[]; done: () => void }) {
  return (
    <Stack gap="xs" className="drop" role="status">
      <Text fw={600}>{f.codesTitle}</Text>
      <Text size="sm">{f.codesHint}</Text>
      <Code block fz="sm">
        {codes.join('\n')}
      </Code>
      <Group gap="xs">
        <Copy value={codes.join('\n')} />
        <Button size="compact-xs" variant="default" onClick={done}>
          {f.kept}
        </Button>
      </Group>
    </Stack>
  )
}

type BothProps = { title: string; hint: string; go: string; email: string; danger?: boolean; run: (both: { password: string; code: string }) => Promise<void>; close: () => void }

/** What takes both factors. */
function Both({ title, hint, go, email, danger = false, run, close }: BothProps) {
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const send = useMutation({ mutationFn: () => run({ password, code }) })
  return (
    <FormDialog title={title} go={go} danger={danger} busy={send.isPending} problem={otherwise(send.error, ['password', 'code'])} close={close} submit={() => send.mutate()}>
      <Text>{hint}</Text>
      <input type="email" name="email" autoComplete="username" value={email} readOnly hidden />
      <PasswordInput label={f.password} value={password} onChange={(e) => setPassword(e.currentTarget.value)} error={fieldOf(send.error, 'password')} autoComplete="current-password" data-autofocus visibilityToggleButtonProps={{ 'aria-label': t.door.show }} />
      <CodeField code={code} change={setCode} error={fieldOf(send.error, 'code')} forget={send.reset} />
    </FormDialog>
  )
}
