import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { QueryCache, MutationCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { setNonce } from 'get-nonce'
import { startTransition, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiError } from './api/client'
import { health, session } from './api/queries'
import { listen, renewal, settle } from './api/renewal'
import { doors } from './frame/entering'
import { SignInAgain } from './frame/SignInAgain'
import { arrive } from './parts/onward'
import { router } from './router'
import { cssVariables, theme } from './theme'

// Styles that libraries add while running carry the page's nonce: the content security policy allows no others.
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
setNonce(nonce)

// Whoever is not signed in signs in and comes back; whose role has changed is told what it is now.
function refused(error: unknown) {
  if (!(error instanceof ApiError)) return
  const here = router.state.location
  if (error.signedOut && !doors.includes(here.pathname)) {
    queries.removeQueries({ queryKey: session.queryKey })
    void router.navigate({ to: '/sign-in', search: { next: here.href } })
  }
  if (error.status === 403) void queries.invalidateQueries({ queryKey: session.queryKey })
  if (error.status === 507 || error.status === 503) void queries.invalidateQueries({ queryKey: health.queryKey })
}

const queries = new QueryClient({
  queryCache: new QueryCache({ onError: refused }),
  mutationCache: new MutationCache({ onError: refused }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the caller did wrong stays wrong; what the server or the line did may pass.
      retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
      // Offline or not, the server is asked: it may be on this machine, and what it can't answer is said.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})

// Another tab signed in or out: the same person goes on here, somebody else begins anew, and nobody is asked when something is asked next.
listen((user) => {
  const { user: here, asking } = renewal.get()
  if (user === null) void queries.invalidateQueries({ queryKey: session.queryKey })
  else if (here && here.id !== user) location.assign('/')
  else if (asking) settle(true)
})

// Paper is white, whatever the screen is.
let onScreen: string | undefined
const paper = (printing: boolean) => {
  const root = document.documentElement.dataset
  if (printing && onScreen === undefined) {
    onScreen = root.mantineColorScheme ?? ''
    root.mantineColorScheme = 'light'
  } else if (!printing && onScreen !== undefined) {
    root.mantineColorScheme = onScreen
    onScreen = undefined
  }
}
addEventListener('beforeprint', () => paper(true))
addEventListener('afterprint', () => paper(false))
matchMedia('print').addEventListener('change', (e) => paper(e.matches))

const app = (
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={queries}>
        <Notifications position="bottom-right" containerWidth={360} />
        <RouterProvider router={router} />
        <SignInAgain />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>
)

/** Draws the app, a few milliseconds at a time: the browser stays free for its user. */
export function start() {
  const root = createRoot(document.getElementById('root')!)
  startTransition(() => root.render(app))
  arrive()
}
