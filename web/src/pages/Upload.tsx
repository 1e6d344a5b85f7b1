// A file is sent once and looked at; nothing is recorded before it has been seen how it is read.
import { Button, FileButton, Group, Progress, Stack, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type DragEvent, useEffect, useRef, useState } from 'react'
import { client } from '../api/client'
import { upload } from '../api/queries'
import { Failed } from '../parts/States'
import { t } from '../strings'
import { im } from '../strings.imports'

export function Upload({ opened }: { opened: (id: string) => void }) {
  const [sent, setSent] = useState(0)
  const stop = useRef<AbortController>(null)
  const queries = useQueryClient()
  const send = useMutation({
    mutationFn: (file: File) => {
      setSent(0)
      stop.current = new AbortController()
      return client.sendFile(file, setSent, stop.current.signal)
    },
    onSuccess: (u) => {
      queries.setQueryData(upload(u.id).queryKey, u)
      void queries.invalidateQueries({ queryKey: ['uploads'] })
    },
    meta: { shown: true },
  })
  // Whoever has gone to another page meanwhile stays there: the file waits among those that were sent.
  const take = (file: File | null) => file && send.mutate(file, { onSuccess: (u) => opened(u.id) })
  useEffect(() => {
    if (!send.isPending) return
    const ask = (e: BeforeUnloadEvent) => e.preventDefault()
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [send.isPending])
  return (
    <section aria-label={t.data.upload}>
      <Drop take={take} disabled={send.isPending}>
        <Stack gap="sm" align="flex-start">
          <Text>{im.drop}</Text>
          <FileButton onChange={take} accept=".csv,.gz,.tsv,.txt,text/csv,application/gzip" disabled={send.isPending}>
            {(props) => (
              <Button size="xs" {...props}>
                {t.data.choose}
              </Button>
            )}
          </FileButton>
          {send.isPending && (
            <Group wrap="nowrap" w="100%">
              <Progress value={sent * 100} flex={1} animated={sent >= 1} aria-label={im.sending(send.variables.name)} />
              <Text size="sm" className="cut">
                {im.sending(send.variables.name)}
              </Text>
              <Button size="compact-xs" variant="default" onClick={() => stop.current?.abort()}>
                {t.data.stop}
              </Button>
            </Group>
          )}
        </Stack>
      </Drop>
      {send.isError && !(send.error instanceof DOMException) && <Failed error={send.error} title={im.refused} />}
    </section>
  )
}

function Drop({ take, disabled, children }: { take: (file: File) => void; disabled: boolean; children: React.ReactNode }) {
  const [over, setOver] = useState(false)
  const drag = (inside: boolean) => (e: DragEvent) => {
    if (disabled || !e.dataTransfer.types.includes('Files')) return
    e.preventDefault()
    setOver(inside)
  }
  return (
    <div
      className="drop"
      data-over={over || undefined}
      onDragEnter={drag(true)}
      onDragOver={drag(true)}
      onDragLeave={drag(false)}
      onDrop={(e) => {
        drag(false)(e)
        const file = e.dataTransfer.files[0]
        if (file && !disabled) take(file)
      }}
    >
      {children}
    </div>
  )
}
