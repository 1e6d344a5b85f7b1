// One file on its way in: what it is taken for, what its columns become, how its first rows would be read; then the check of the whole file and the
// import, which go on when the page is left.
import { Alert, Anchor, Button, FileButton, Group, NativeSelect, Progress, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { client, rejectsOf } from '../../api/client'
import { importFields, inspection, upload } from '../../api/queries'
import type { Inspected, MappingChoice, MappingDocument, Upload } from '../../api/types'
import { t } from '../../strings'
import { im } from '../../strings.imports'
import { Confirm } from '../Dialogs'
import { author } from '../format'
import { Failed } from '../States'
import { Columns } from './Columns'
import { ofEntity, ofSystem, take, takeSuggested } from './mapping'
import { Asked, Open, Words } from './Open'
import { Preview } from './Preview'
import { Term } from '../Term'
import { Result } from './Result'

const running = (u: Upload | undefined) => u?.state === 'checking' || u?.state === 'importing'

export function Mapper({ id, leave }: { id: string; leave: () => void }) {
  const queries = useQueryClient()
  const [choice, setChoice] = useState<MappingChoice>({})
  const u = useQuery({ ...upload(id), refetchInterval: (q) => (running(q.state.data) ? 700 : false) })
  const was = useRef<string>(undefined)
  const state = u.data?.state
  useEffect(() => {
    if (was.current === 'importing' && state !== 'importing') void queries.invalidateQueries({ predicate: (q) => q.queryKey[0] !== 'upload' && q.queryKey[0] !== 'inspection' })
    was.current = state
  }, [state, queries])
  const looking = useQuery({ ...inspection(id, choice), enabled: u.isSuccess && u.data.state !== 'done' })
  const i = looking.data
  const [checked, setChecked] = useState<MappingChoice>()
  const body = (): MappingChoice => (choice.mapping || choice.source || choice.recognised || !i || i.recognised || i.chosen ? choice : { mapping: i.mapping })
  const run = useMutation({
    mutationFn: (dry: boolean) => (dry ? client.checkUpload : client.importUpload)(id, body()),
    onSuccess: (next, dry) => {
      if (dry) setChecked(choice)
      queries.setQueryData(upload(id).queryKey, next)
    },
  })
  const stop = useMutation({ mutationFn: () => client.stopUpload(id), onSuccess: (next) => queries.setQueryData(upload(id).queryKey, next) })
  if (u.isError) return <Failed error={u.error} retry={leave} />
  if (!u.data) return <Skeleton height={200} />
  const busy = running(u.data) || run.isPending
  const fresh = u.data.state === 'checked' && checked === choice
  return (
    <section aria-label={u.data.file} className="mapper">
      <Group justify="space-between" wrap="nowrap" align="start">
        <Title order={2} className="wrap">
          {u.data.file}
        </Title>
        <Discard of={u.data} done={leave} />
      </Group>
      <Stack gap="lg" aria-busy={looking.isFetching}>
        {looking.isError && <Failed error={looking.error} title={im.refused} retry={() => setChoice({})} />}
        {i && u.data.state !== 'done' && <Reading i={i} choice={choice} setChoice={setChoice} disabled={busy} name={u.data.file} />}
        <div aria-live="polite">
          <State u={u.data} stop={() => stop.mutate()} stopping={stop.isPending} />
          {run.isError && <Failed error={run.error} title={t.data.failed} />}
          {u.data.summary && (u.data.state === 'done' || fresh) && <Result u={u.data} />}
        </div>
        <Group>
          {u.data.state === 'done' ? (
            <Button onClick={leave}>{im.close}</Button>
          ) : (
            i && !busy && <Actions u={u.data} fresh={fresh} ready={!i.refused && i.missing.length === 0 && !looking.isError} go={(dry) => run.mutate(dry)} />
          )}
          {u.data.rejects && (u.data.state === 'done' || fresh) && (
            <Button variant="default" component="a" href={rejectsOf(id)} download>
              {im.rejects}
            </Button>
          )}
        </Group>
      </Stack>
    </section>
  )
}

function Actions({ u, fresh, ready, go }: { u: Upload; fresh: boolean; ready: boolean; go: (dry: boolean) => void }) {
  if (u.state === 'stopped' || u.state === 'broken_off') return <Button onClick={() => go(false)}>{im.goOn}</Button>
  return (
    <>
      {fresh && u.summary && u.summary.accepted > 0 && <Button onClick={() => go(false)}>{im.import(u.summary.accepted)}</Button>}
      <Button variant={fresh ? 'default' : 'filled'} disabled={!ready} onClick={() => go(true)}>
        {fresh ? im.checkAgain : im.check}
      </Button>
    </>
  )
}

function State({ u, stop, stopping }: { u: Upload; stop: () => void; stopping: boolean }) {
  if (u.state === 'failed') return <Failed error={new Error(u.problem)} title={im.failed} />
  if (u.state === 'stopped') return <Alert color="yellow" variant="outline">{im.stopped}</Alert>
  if (u.state === 'broken_off') return <Alert color="yellow" variant="outline">{im.brokenOff}</Alert>
  if (!running(u)) return null
  const p = u.progress
  const label = u.state === 'checking' ? im.checking : p?.checking ? im.checking : im.importing
  const share = p && p.total_bytes > 0 ? (100 * p.bytes) / p.total_bytes : 0
  return (
    <Stack gap={6}>
      <Group wrap="nowrap">
        <Progress value={share} flex={1} animated aria-label={label} />
        <Button size="compact-sm" variant="default" loading={stopping} onClick={stop}>
          {im.stop}
        </Button>
      </Group>
      <Text size="sm">
        {p ? `${label}: ${im.rows(p.rows, p.rejected)}. ` : `${im.queued}. `}
        {im.leave}
      </Text>
    </Stack>
  )
}

type ReadingProps = { i: Inspected; choice: MappingChoice; setChoice: (c: MappingChoice) => void; disabled: boolean; name: string }

function Reading({ i, choice, setChoice, disabled, name }: ReadingProps) {
  const entities = useQuery(importFields).data
  const mapping = choice.mapping ?? i.mapping
  const change = (m: MappingDocument) => setChoice({ mapping: m })
  const of = entities?.find((e) => e.entity === i.entity)
  const sources = [...new Set(i.sources.filter((s) => s.entity === i.entity).map((s) => s.system))]
  const unknown = i.columns.filter((c) => c.by === 'unknown' && c.trait).length
  return (
    <>
      <div>
        <Text>{i.applied && i.remembered ? im.remembered(i.remembered.file, author(i.remembered.made_by)) : i.chosen ? im.mapped : i.recognised ? im.recognised(i.title) : im.unknown}</Text>
        <Text size="sm" c="dimmed">
          {im.shape(i.encoding, i.delimiter, i.looked, i.whole)} {i.header_line > 1 && im.above(i.header_line)}
        </Text>
        <Group gap="xs">
          {i.chosen && (
            <Aside act={() => setChoice({ recognised: true })} disabled={disabled}>
              {im.asRecognised}
            </Aside>
          )}
          {i.remembered && !i.applied && (
            <Text size="sm">
              {im.rememberedNot(i.remembered.file)}{' '}
              <Aside act={() => setChoice({ source: i.remembered!.source })} disabled={disabled}>
                {im.useRemembered}
              </Aside>
            </Text>
          )}
        </Group>
      </div>
      <div className="open">
        <Asked term="entity"><NativeSelect size="xs" label={im.entity} disabled={disabled} value={i.entity} onChange={(e) => change(ofEntity(e.currentTarget.value))} data={Object.entries(t.data.entities).map(([value, label]) => ({ value, label }))} /></Asked>
        {sources.length > 0 && (
          <Asked term="exportOf"><NativeSelect size="xs" label={im.source} disabled={disabled} value={sources.includes(i.system) ? i.system : ''} onChange={(e) => change(ofSystem(mapping, e.currentTarget.value))} data={[...sources.map((value) => ({ value, label: im.system(value) })), { value: '', label: im.plain }]} /></Asked>
        )}
      </div>
      <Open of={i} mapping={mapping} change={change} disabled={disabled} />
      {i.refused && (
        <Alert color="red" variant="outline" role="alert" title={im.notLike} styles={{ title: { color: 'var(--millrace-bad)' } }}>
          <Text className="wrap">{i.refused}</Text>
        </Alert>
      )}
      {i.missing.length > 0 && (
        <Alert color="yellow" variant="outline" role="status" title={im.missingTitle} styles={{ title: { color: 'var(--millrace-warn)' } }}>
          {im.missing(i.missing.map((m) => m.one_of))}
        </Alert>
      )}
      <section aria-label={im.columns}>
        <Group justify="space-between" align="end" mb={6}>
          <div>
            <Title order={3}>{im.columns}</Title>
            <Text size="sm" c="dimmed">
              {im.columnsHint(unknown)}
            </Text>
          </div>
          {i.columns.filter((c) => c.suggestion).length > 1 && (
            <Button size="xs" variant="default" disabled={disabled} onClick={() => change(takeSuggested(i, mapping))}>
              {im.takeAll}
            </Button>
          )}
        </Group>
        <Columns columns={i.columns} of={of} disabled={disabled} change={(header, to) => change(take(mapping, header, to))} />
      </section>
      <Words of={i} mapping={mapping} change={change} disabled={disabled} />
      <Preview of={i} />
      <MappingFile source={i.source} name={name} use={(source) => setChoice({ source })} disabled={disabled} />
    </>
  )
}

function Aside({ act, disabled, children }: { act: () => void; disabled: boolean; children: ReactNode }) {
  return (
    <Anchor component="button" type="button" size="sm" underline="always" disabled={disabled} onClick={act}>
      {children}
    </Anchor>
  )
}

function MappingFile({ source, name, use, disabled }: { source: string; name: string; use: (source: string) => void; disabled: boolean }) {
  const save = () => {
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([source], { type: 'application/yaml' }))
    link.download = name.replace(/(\.csv|\.tsv|\.txt)?(\.gz)?$/i, '') + '.mapping.yaml'
    link.click()
    URL.revokeObjectURL(link.href)
  }
  return (
    <section aria-label={im.mappingFile}>
      <Title order={3}><Term name="mappingFile">{im.mappingFile}</Term></Title>
      <Text size="sm" c="dimmed" mb={6}>
        {im.mappingHint}
      </Text>
      <Group gap="xs">
        <Button size="xs" variant="default" onClick={save}>
          {im.download}
        </Button>
        <FileButton accept=".yaml,.yml" disabled={disabled} onChange={(f) => f && void f.text().then(use)}>
          {(props) => (
            <Button size="xs" variant="default" {...props}>
              {im.useFile}
            </Button>
          )}
        </FileButton>
      </Group>
    </section>
  )
}

function Discard({ of, done }: { of: Upload; done: () => void }) {
  const [asked, setAsked] = useState(false)
  const queries = useQueryClient()
  const drop = useMutation({
    mutationFn: () => client.dropUpload(of.id),
    onSuccess: async () => {
      done()
      await queries.invalidateQueries({ queryKey: ['uploads'] })
    },
  })
  if (of.state === 'done')
    return (
      <Button size="xs" variant="default" onClick={done}>
        {im.close}
      </Button>
    )
  return (
    <Group gap="xs" wrap="nowrap">
      <Button size="xs" variant="default" onClick={done}>
        {im.close}
      </Button>
      <Button size="xs" variant="default" onClick={() => setAsked(true)} aria-label={im.discardOf(of.file)}>
        {im.discard}
      </Button>
      <Confirm title={im.discardTitle(of.file)} hint={im.discardHint} yes={im.discard} opened={asked} close={() => setAsked(false)} busy={drop.isPending} error={drop.error} go={() => drop.mutate()} />
    </Group>
  )
}
