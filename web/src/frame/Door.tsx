// The pages before somebody is signed in: they look the same, and each says what to do in its title.
import { Anchor, Button, Container, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useLocation, useRouter, useSearch } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { ApiError, door } from '../api/client'
import { session, setUpNeeded } from '../api/queries'
import { known, tell } from '../api/renewal'
import type { Challenge, Session } from '../api/types'
import { To } from '../parts/Links'
import { Failed, messageOf } from '../parts/States'
import { t } from '../strings'
import { CodeField } from './CodeField'
import { fieldOf, otherwise, safeNext, tokenIn } from './entering'

function Door({ title, sentence, children }: { title: string; sentence: string; children: ReactNode }) {
  return (
    <Container size={440} pt="12vh" pb="xl" component="main">
      <title>{`${title} · ${t.product}`}</title>
      <Stack>
        <div>
          <Text fw={600} c="dimmed">
            {t.product}
          </Text>
          <Title order={1}>{sentence}</Title>
        </div>
        {children}
      </Stack>
    </Container>
  )
}

type FormProps = { go: () => void; busy: boolean; error: unknown; fields: readonly string[]; submit: string; children: ReactNode }

function Form({ go, busy, error, fields, submit, children }: FormProps) {
  return (
    <form
      noValidate
      onSubmit={(e) => {
        e.preventDefault()
        if (!busy) go()
      }}
    >
      <Stack>
        {children}
        {otherwise(error, fields) && (
          <Text className="bad" role="alert">
            {otherwise(error, fields)}
          </Text>
        )}
        <Button type="submit" loading={busy}>
          {submit}
        </Button>
      </Stack>
    </form>
  )
}

/** Goes in: into the app's data as the person who signed in, to where they wanted to go. */
function useEnter() {
  const router = useRouter()
  const queries = useQueryClient()
  const { next } = useSearch({ strict: false }) as { next?: string }
  return (s: Session) => {
    queries.clear()
    queries.setQueryData(session.queryKey, s)
    known(s.user)
    tell(s.user)
    router.history.replace(safeNext(next))
  }
}

function Password({ label, hint, value, change, error, fresh = false }: { label: string; hint?: string; value: string; change: (v: string) => void; error?: string | undefined; fresh?: boolean }) {
  return (
    <PasswordInput
      label={label}
      description={hint}
      value={value}
      onChange={(e) => change(e.currentTarget.value)}
      autoComplete={fresh ? 'new-password' : 'current-password'}
      name={fresh ? 'new-password' : 'password'}
      required
      withAsterisk={false}
      error={error}
      visibilityToggleButtonProps={{ 'aria-label': t.door.show }}
    />
  )
}

function Email({ value, change, error }: { value: string; change: (v: string) => void; error?: string | undefined }) {
  return <TextInput label={t.door.email} type="email" name="email" autoComplete="username" value={value} onChange={(e) => change(e.currentTarget.value)} required withAsterisk={false} error={error} />
}

function Name({ value, change, error }: { value: string; change: (v: string) => void; error?: string | undefined }) {
  return <TextInput label={t.door.name} name="name" autoComplete="name" value={value} onChange={(e) => change(e.currentTarget.value)} required withAsterisk={false} error={error} />
}

export function SignIn() {
  const enter = useEnter()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const state = useQuery(setUpNeeded)
  const [challenge, setChallenge] = useState<Challenge>()
  const [over, setOver] = useState<unknown>()
  const further = (s: Session | Challenge) => ('challenge' in s ? setChallenge(s) : enter(s))
  const signIn = useMutation({ mutationFn: () => door.signIn({ email, password }), onMutate: () => setOver(undefined), onSuccess: further })
  const byLink = useMutation({
    // The link works once. Whoever opens it again is signed in already.
    mutationFn: (token: string) => door.signIn({ token }).catch((e: unknown) => door.session().catch(() => Promise.reject(e))),
    onSuccess: further,
  })
  const tried = useRef('')
  const link = byLink.mutate
  const token = tokenIn(useLocation().hash)
  useEffect(() => {
    if (token && token !== tried.current) link(token)
    tried.current = token
  }, [link, token])
  if (state.data?.needed) return <NotSetUp />
  if (challenge) {
    const again = (why?: unknown) => {
      setChallenge(undefined)
      setPassword('')
      setOver(why)
    }
    return <SecondStep challenge={challenge.challenge} enter={enter} again={again} />
  }
  return (
    <Door title={t.door.signIn} sentence={t.door.signInSentence}>
      {byLink.isError && <Failed error={byLink.error} title={t.door.linkOver} />}
      <Form go={() => signIn.mutate()} busy={signIn.isPending || byLink.isPending} error={over ?? signIn.error} fields={[]} submit={t.door.signIn}>
        <Email value={email} change={setEmail} />
        <Password label={t.door.password} value={password} change={setPassword} />
      </Form>
      <Text size="sm">
        <To to="/forgot" search={{}}>
          {t.door.forgot}
        </To>
      </Text>
    </Door>
  )
}

/** The code after the password. */
function SecondStep({ challenge, enter, again }: { challenge: string; enter: (s: Session) => void; again: (why?: unknown) => void }) {
  const [code, setCode] = useState('')
  const run = useMutation({
    mutationFn: () => door.signInWithCode(challenge, code),
    onSuccess: enter,
    onError: (e) => fieldOf(e, 'challenge') && again(e),
  })
  return (
    <Door title={t.factor.entering} sentence={t.factor.enter}>
      <Form go={() => run.mutate()} busy={run.isPending} error={run.error} fields={['code']} submit={t.door.signIn}>
        <CodeField code={code} change={setCode} error={fieldOf(run.error, 'code')} forget={run.reset} focused />
      </Form>
      <Text size="sm" c="dimmed">
        {t.factor.lost}
      </Text>
      <Text size="sm">
        <Anchor component="button" type="button" inherit onClick={() => again()}>
          {t.factor.other}
        </Anchor>
      </Text>
    </Door>
  )
}

function NotSetUp() {
  return (
    <Door title={t.door.setUp} sentence={t.door.notSetUp}>
      <Text>{t.door.notSetUpHint}</Text>
    </Door>
  )
}

export function SetUp() {
  const enter = useEnter()
  const token = tokenIn(useLocation().hash)
  const [form, setForm] = useState({ name: '', email: '', password: '' })
  const state = useQuery(setUpNeeded)
  const run = useMutation({ mutationFn: () => door.setUp({ token, ...form }), onSuccess: enter })
  const field = (name: keyof typeof form) => ({ value: form[name], change: (v: string) => setForm((f) => ({ ...f, [name]: v })), error: fieldOf(run.error, name) })
  if (state.data && !state.data.needed && !run.isPending) {
    return (
      <Door title={t.door.setUp} sentence={t.door.setUpDone}>
        <To to="/sign-in" search={{}}>
          {t.door.signIn}
        </To>
      </Door>
    )
  }
  if (!token) return <NotSetUp />
  return (
    <Door title={t.door.setUp} sentence={t.door.setUpSentence}>
      <Form go={() => run.mutate()} busy={run.isPending} error={run.error} fields={['name', 'email', 'password']} submit={t.door.setUpSubmit}>
        <Name {...field('name')} />
        <Email {...field('email')} />
        <Password label={t.door.password} hint={t.door.passwordHint} fresh {...field('password')} />
      </Form>
    </Door>
  )
}

/** Whom a link is for, or that it is over. */
function useLink(look: (token: string) => Promise<{ email: string; name: string; role: string }>, kind: string) {
  const token = tokenIn(useLocation().hash)
  const retry = (failures: number, e: Error) => failures < 2 && !(e instanceof ApiError && e.status >= 400 && e.status < 500)
  return { token, ...useQuery({ queryKey: ['link', kind, token], queryFn: () => look(token), retry, staleTime: Infinity }) }
}

export function Invitation() {
  const enter = useEnter()
  const link = useLink(door.invitation, 'invitation')
  const [name, setName] = useState<string>()
  const [password, setPassword] = useState('')
  const run = useMutation({ mutationFn: () => door.accept({ token: link.token, name: name ?? link.data?.name ?? '', password }), onSuccess: enter })
  if (link.isError) return <Over error={link.error} retry={() => void link.refetch()} title={t.door.invitation} />
  return (
    <Door title={t.door.invitation} sentence={link.data ? t.door.invitationSentence(t.people.roles[link.data.role] ?? link.data.role) : '\u00a0'}>
      <Form go={() => run.mutate()} busy={run.isPending} error={run.error} fields={['name', 'password']} submit={t.door.accept}>
        <TextInput label={t.door.email} value={link.data?.email ?? ''} readOnly autoComplete="username" />
        <Name value={name ?? link.data?.name ?? ''} change={setName} error={fieldOf(run.error, 'name')} />
        <Password label={t.door.newPassword} hint={t.door.passwordHint} fresh value={password} change={setPassword} error={fieldOf(run.error, 'password')} />
      </Form>
    </Door>
  )
}

export function NewPassword() {
  const router = useRouter()
  const link = useLink(door.passwordOf, 'password')
  const [password, setPassword] = useState('')
  const [done, setDone] = useState(false)
  const run = useMutation({
    mutationFn: () => door.resetPassword(link.token, password),
    onSuccess: () => {
      setDone(true)
      tell(null)
      router.history.replace('/password')
    },
  })
  if (done) {
    return (
      <Door title={t.door.newPassword} sentence={t.door.changed}>
        <To to="/sign-in" search={{}}>
          {t.door.signIn}
        </To>
      </Door>
    )
  }
  if (link.isError) return <Over error={link.error} retry={() => void link.refetch()} title={t.door.newPassword} />
  return (
    <Door title={t.door.newPassword} sentence={t.door.newPasswordSentence}>
      <Form go={() => run.mutate()} busy={run.isPending} error={run.error} fields={['password']} submit={t.door.choose}>
        <TextInput label={t.door.email} value={link.data?.email ?? ''} readOnly autoComplete="username" />
        <Password label={t.door.newPassword} hint={t.door.passwordHint} fresh value={password} change={setPassword} error={fieldOf(run.error, 'password')} />
      </Form>
    </Door>
  )
}

function Over({ error, retry, title }: { error: unknown; retry: () => void; title: string }) {
  const over = error instanceof ApiError && error.status === 401
  return (
    <Door title={title} sentence={over ? t.door.linkOver : t.error.title}>
      {over ? <Text>{messageOf(error)}</Text> : <Failed error={error} retry={retry} title="" />}
      <To to="/sign-in" search={{}}>
        {t.door.signIn}
      </To>
    </Door>
  )
}

export function Forgot() {
  const [email, setEmail] = useState('')
  const state = useQuery(setUpNeeded)
  const run = useMutation({ mutationFn: () => door.forgot(email) })
  if (state.data && !state.data.mail) {
    return (
      <Door title={t.door.newPassword} sentence={t.door.askAdmin}>
        <Text>{t.door.askAdminHint}</Text>
        <To to="/sign-in" search={{}}>
          {t.door.signIn}
        </To>
      </Door>
    )
  }
  if (run.isSuccess) {
    return (
      <Door title={t.door.newPassword} sentence={t.door.sent}>
        <Text>{t.door.sentHint(email)}</Text>
        <Text size="sm">
          <Anchor component="button" type="button" inherit onClick={() => run.reset()}>
            {t.door.again}
          </Anchor>
        </Text>
      </Door>
    )
  }
  return (
    <Door title={t.door.newPassword} sentence={t.door.forgotSentence}>
      <Form go={() => run.mutate()} busy={run.isPending} error={run.error} fields={['email']} submit={t.door.send}>
        <Email value={email} change={setEmail} error={fieldOf(run.error, 'email')} />
      </Form>
    </Door>
  )
}
