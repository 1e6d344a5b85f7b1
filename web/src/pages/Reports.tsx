// Published reports: the list, and publishing the figures of now. What is to be published stands in the URL, so a measure's page can lead here.
import { Button, Group, Skeleton, Stack, Text, Textarea, TextInput, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ApiError, client, type Params } from '../api/client'
import { type Ask, type Report, report, reports } from '../api/reports'
import { author, moment } from '../parts/format'
import { To } from '../parts/Links'
import { useListing } from '../parts/Listing'
import { useMay } from '../parts/may'
import { Choice, Days } from '../parts/measure/Page'
import { Sheet, type SheetColumn } from '../parts/measure/Sheet'
import { spanParams } from '../parts/measure/span'
import { periodText } from '../parts/measure/words'
import { askedText } from '../parts/reports/exact'
import { Failed, Lead, messageOf } from '../parts/States'
import { w } from '../strings.reports'
import '../parts/measure/measure.css'
import '../parts/reports/reports.css'

const daysOf = (x: Report) => (x.query.from && x.query.to ? periodText({ first: x.query.from, last: x.query.to }) : '')

export function Reports() {
  const query = useQuery(reports)
  const { search, set } = useListing()
  const may = useMay()
  const rows = query.data
  const columns: SheetColumn<Report>[] = [
    {
      key: 'title',
      head: w.name,
      cell: (x) => (
        <span className="name wide">
          <To to="/reports/$id" params={{ id: String(x.id) }} search={{}}>
            {x.title}
          </To>
          {x.note && <span className="two">{x.note.length > 90 ? x.note.slice(0, 90) + '…' : x.note}</span>}
        </span>
      ),
      csv: [{ head: w.name, of: (x) => x.title }, { head: w.note, of: (x) => x.note }],
      sort: (x) => x.title,
    },
    { key: 'kind', head: w.kind, cell: (x) => w.kinds[x.kind] ?? x.kind, csv: (x) => x.kind, sort: (x) => w.kinds[x.kind] ?? x.kind },
    { key: 'days', head: w.days, cell: (x) => <span className="whole">{daysOf(x)}</span>, csv: [{ head: 'from', of: (x) => x.query.from }, { head: 'to', of: (x) => x.query.to }], sort: (x) => x.query.from ?? '' },
    { key: 'at', head: w.at, cell: (x) => <span className="whole">{moment(x.at)}</span>, csv: (x) => x.at, sort: (x) => x.at },
    { key: 'by', head: w.by, from: 'sm', cell: (x) => author(x.by), csv: (x) => x.by, sort: (x) => x.by },
  ]
  return (
    <Stack gap="lg" className="reports">
      <Lead title={w.title} sentence={rows && w.sentence(rows.length)}>
        <p className="hint">{w.hint}</p>
      </Lead>
      {!may('write') && <p className="hint">{w.mayNot}</p>}
      {may('write') && (search.publish ? <Publish key={search.publish} /> : (
        <Group>
          <Button size="xs" onClick={() => set('publish', 'economics')}>
            {w.publish}
          </Button>
        </Group>
      ))}
      {query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
      {query.isPending && <Skeleton height={300} />}
      {rows?.length === 0 && !search.publish && <p className="hint">{w.emptyHint}</p>}
      {rows && rows.length > 0 && <Sheet id="reports" title={w.list} columns={columns} rows={rows} rowKey={(x) => String(x.id)} limit={50} />}
    </Stack>
  )
}

/** What a report of a kind is asked, of what stands in the URL. */
export function askOf(kind: string, span: Params, search: Record<string, string | undefined>): Ask {
  const numbers = kind === 'economics' ? ['lag_days', 'gross_margin', 'horizon_days'] : ['horizon_days']
  const words = kind === 'attribution' ? ['by', 'measure'] : ['lead_by']
  const out: Record<string, string | number> = {}
  for (const name of ['from', 'to']) if (span[name]) out[name] = String(span[name])
  for (const name of words) if (search[name]) out[name] = search[name]
  for (const name of numbers) if (Number(search[name]) > 0) out[name] = Number(search[name])
  return out as Ask
}

function Publish() {
  const { search, set } = useListing()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [title, setTitle] = useState('')
  const [note, setNote] = useState('')
  const kind = (search.publish! in w.kinds ? search.publish : 'economics') as Report['kind']
  const ask = askOf(kind, spanParams(search, new Date()), search)
  const publish = useMutation({
    mutationFn: () => client.publish({ kind, title, note, query: ask }),
    onSuccess: (x) => {
      queries.setQueryData(report(String(x.id)).queryKey, x as never)
      void queries.invalidateQueries({ queryKey: reports.queryKey, exact: true })
      void navigate({ to: '/reports/$id', params: { id: String(x.id) }, search: {} })
    },
  })
  const submit = (e: FormEvent) => {
    e.preventDefault()
    publish.mutate()
  }
  const field = publish.error instanceof ApiError ? (publish.error.field ?? '') : ''
  const said = askedText(ask)
  return (
    <form onSubmit={submit} className="publish" aria-label={w.publish}>
      <Stack gap="sm">
        <Title order={2}>{w.publish}</Title>
        <p className="hint">{w.publishHint}</p>
        <Group gap="xs">
          <Choice name="publish" label={w.fields.kind} choices={[['', w.kinds.economics!], ...Object.entries(w.kinds)].slice(1) as [string, string][]} width={190} />
          <Days />
        </Group>
        {said && <p className="hint">{w.also(said)}</p>}
        <TextInput label={w.fields.title} value={title} onChange={(e) => setTitle(e.currentTarget.value)} required maxLength={200} maw={560} error={field.endsWith('title') && publish.error ? messageOf(publish.error) : undefined} data-autofocus />
        <Textarea label={w.fields.note} value={note} onChange={(e) => setNote(e.currentTarget.value)} maxLength={2000} maw={560} autosize minRows={2} maxRows={8} />
        {publish.error && !field.endsWith('title') && (
          <Text className="bad" role="alert">
            {messageOf(publish.error)}
          </Text>
        )}
        <Group gap="xs">
          <Button size="xs" type="submit" loading={publish.isPending}>
            {w.go}
          </Button>
          <Button size="xs" variant="default" onClick={() => set('publish', '')}>
            {w.cancel}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
