// Dialogs that are fetched when one is first opened, or before, as soon as the browser has nothing else to do: a page is shown without them.
import { Button, Group, Stack, Text } from '@mantine/core'
import { type QueryClient, queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ComponentType, useEffect, useState } from 'react'
import { t } from '../strings'
import { Dialog } from './Dialogs'
import { messageOf } from './States'

type Closing = { close: () => void; opened?: boolean }
type Fetched = { fetch: (queries: QueryClient) => Promise<void> }

// Browsers keep in mind what did not come: the same address is not asked for twice.
let tries = 0

/** A file of the app that is fetched when it is needed, and again, under another address, when it did not come. */
export function fetched<M>(get: () => Promise<M>): () => Promise<M> {
  let file: M | undefined
  let lost: string | undefined
  return async () => {
    try {
      await restyled()
      return (file ??= await (lost ? (import(/* @vite-ignore */ `${lost}?again=${++tries}`) as Promise<M>) : get()))
    } catch (error) {
      lost ??= /https?:\/\/\S+\.js/.exec(messageOf(error))?.[0]
      throw error
    }
  }
}

// Styles that did not come are asked for again: the build's loader asks once, and takes them for there then.
async function restyled() {
  const missing = [...document.querySelectorAll<HTMLLinkElement>('link[rel=stylesheet]')].filter((l) => !l.sheet)
  const ask = (l: HTMLLinkElement) =>
    new Promise((resolve, reject) => {
      const again = l.cloneNode() as HTMLLinkElement
      again.onload = resolve
      again.onerror = () => reject(new Error('Unable to preload CSS'))
      l.replaceWith(again)
    })
  await Promise.all(missing.map(ask))
}

/**
 * A dialog of a file of its own. Until the file is there nothing is shown; when it can't be loaded that is said, and the page under it stays as it
 * is. name tells it from others.
 */
export function later<P extends Closing>(name: string, get: () => Promise<ComponentType<P>>): ComponentType<P> & Fetched {
  const file = queryOptions({ queryKey: ['file', name], queryFn: get, staleTime: Infinity, gcTime: Infinity, retry: false })
  function Later(props: P) {
    const { data: Its, isError, isFetching, refetch } = useQuery(file)
    const [told, tell] = useState(false)
    if (Its) return <Its {...props} />
    if (!isError && !told) return null
    const again = () => {
      tell(true) // stays while it is tried again
      void refetch()
    }
    return (
      <Dialog title={t.error.unloaded} opened={props.opened ?? true} close={props.close}>
        <Stack>
          <Text role="alert">{t.error.unloadedHint}</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={() => location.reload()}>
              {t.error.reload}
            </Button>
            <Button data-autofocus loading={isFetching} onClick={again}>
              {t.error.retry}
            </Button>
          </Group>
        </Stack>
      </Dialog>
    )
  }
  return Object.assign(Later, { fetch: (queries: QueryClient) => queries.prefetchQuery(file) })
}

/** Fetches dialogs that the page may open, when the browser is idle. The list is one that stays. */
export function useSoon(dialogs: readonly Fetched[], may = true) {
  const queries = useQueryClient()
  useEffect(() => {
    if (!may) return
    const fetch = () => dialogs.forEach((d) => void d.fetch(queries))
    if (!('requestIdleCallback' in window)) {
      const timer = setTimeout(fetch, 2_000)
      return () => clearTimeout(timer)
    }
    const asked = requestIdleCallback(fetch, { timeout: 5_000 })
    return () => cancelIdleCallback(asked)
  }, [queries, dialogs, may])
}
