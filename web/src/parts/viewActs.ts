// What is done with saved views, and said of it.
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client } from '../api/client'
import { views as viewsQuery } from '../api/queries'
import type { SavedView } from '../api/types'
import { t } from '../strings'
import { l } from '../strings.lists'
import type { ViewPage } from './savedViews'
import { messageOf } from './States'

export const told = (message: string) => notifications.show({ message, closeButtonProps: { 'aria-label': t.close } })
const refused = (error: unknown) => notifications.show({ message: messageOf(error), color: 'red', autoClose: 10_000, closeButtonProps: { 'aria-label': t.close } })

export function useViewActs() {
  const queries = useQueryClient()
  const again = () => queries.invalidateQueries({ queryKey: viewsQuery.queryKey })
  const change = useMutation({
    mutationFn: ({ view, body }: { view: SavedView; body: Parameters<typeof client.changeView>[1]; done: string; quiet?: boolean }) => client.changeView(view.id, body),
    onSuccess: (_, { done }) => told(done),
    onError: (error, { quiet }) => !quiet && refused(error),
    onSettled: again,
  })
  const makeDefault = useMutation({
    mutationFn: ({ page, view }: { page: ViewPage; view: SavedView | undefined }) => client.openWith(page, view?.id ?? ''),
    onSuccess: (_, { view }) => told(view ? l.views.isDefault(view.name) : l.views.noDefault),
    onError: refused,
    onSettled: again,
  })
  return { change, makeDefault }
}
