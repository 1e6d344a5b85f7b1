// A test bench for links: which channel a visit by one would belong to, and why.
import { Button, Text, TextInput, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { channelOf } from '../../api/measure'
import { m } from '../../strings.measure'
import { Pairs } from '../Pairs'
import { Failed } from '../States'
import { useSpan } from './span'

// The visit that is tried stands in the URL, so that the answer can be sent to whoever made the link.
export function Bench() {
  const { search } = useSpan()
  const navigate = useNavigate()
  const asked = { url: search.url, referrer: search.referrer }
  const some = !!(asked.url || asked.referrer)
  const query = useQuery({ ...channelOf(asked), enabled: some })
  const [url, setUrl] = useState(search.url ?? '')
  const [referrer, setReferrer] = useState(search.referrer ?? '')
  const submit = (e: FormEvent) => {
    e.preventDefault()
    void navigate({ to: '.', search: (s: Record<string, unknown>) => ({ ...s, url: url.trim() || undefined, referrer: referrer.trim() || undefined }), replace: true, resetScroll: false })
  }
  const x = some ? query.data : undefined
  return (
    <section aria-label={m.channels.bench} className="bench" data-noprint>
      <div>
        <Title order={2}>{m.channels.bench}</Title>
        <p className="hint">{m.channels.benchHint}</p>
      </div>
      <form onSubmit={submit}>
        <TextInput label={m.channels.url} value={url} onChange={(e) => setUrl(e.currentTarget.value)} placeholder={m.channels.urlPlaceholder} />
        <TextInput label={m.channels.referrer} value={referrer} onChange={(e) => setReferrer(e.currentTarget.value)} />
        <Button type="submit" variant="default">
          {m.channels.try}
        </Button>
      </form>
      {some && query.isError && <Failed error={query.error} retry={() => void query.refetch()} />}
      {x && (
        <div aria-live="polite">
          <Text mb="xs">{x.why}</Text>
          <Pairs
            title=""
            pairs={[
              [m.channels.own, x.internal ? m.channels.internal : x.own_channel || m.channels.noOwn],
              [m.channels.group, x.channel],
              [m.channels.sourceMedium, `${x.source} / ${x.medium}`],
              [m.dimensions.campaign!, x.campaign],
              [m.channels.clickId, x.click_id],
              [m.channels.siteKind, x.kind.replaceAll('_', ' ')],
            ]}
          />
        </div>
      )}
    </section>
  )
}
