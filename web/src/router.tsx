import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router'
import { Frame } from './frame/Frame'
import { Crashed, NotFound } from './frame/Lost'
import type { Search } from './parts/Listing'

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: Crashed, validateSearch: (s: Record<string, unknown>) => s as Search })
const before = { getParentRoute: () => root }
const doors = [
  createRoute({ ...before, path: '/sign-in', component: lazyRouteComponent(() => import('./frame/Door'), 'SignIn') }),
  createRoute({ ...before, path: '/set-up', component: lazyRouteComponent(() => import('./frame/Door'), 'SetUp') }),
  createRoute({ ...before, path: '/invitation', component: lazyRouteComponent(() => import('./frame/Door'), 'Invitation') }),
  createRoute({ ...before, path: '/password', component: lazyRouteComponent(() => import('./frame/Door'), 'NewPassword') }),
  createRoute({ ...before, path: '/stop-mails', component: lazyRouteComponent(() => import('./pages/StopMails'), 'StopMails') }),
  createRoute({ ...before, path: '/forgot', component: lazyRouteComponent(() => import('./frame/Door'), 'Forgot') }),
] as const
const frame = createRoute({ getParentRoute: () => root, id: 'frame', component: Frame })

const under = { getParentRoute: () => frame }
const pages = [
  createRoute({ ...under, path: '/', component: lazyRouteComponent(() => import('./pages/Overview'), 'Overview') }),
  createRoute({ ...under, path: '/accounts', component: lazyRouteComponent(() => import('./pages/Accounts'), 'Accounts') }),
  createRoute({ ...under, path: '/accounts/$id', component: lazyRouteComponent(() => import('./pages/AccountPage'), 'AccountPage') }),
  createRoute({ ...under, path: '/leads', component: lazyRouteComponent(() => import('./pages/Leads'), 'Leads') }),
  createRoute({ ...under, path: '/contacts', component: lazyRouteComponent(() => import('./pages/Contacts'), 'Contacts') }),
  createRoute({ ...under, path: '/contacts/$id', component: lazyRouteComponent(() => import('./pages/ContactPage'), 'ContactPage') }),
  createRoute({ ...under, path: '/opportunities', component: lazyRouteComponent(() => import('./pages/Opportunities'), 'Opportunities') }),
  createRoute({ ...under, path: '/opportunities/$id', component: lazyRouteComponent(() => import('./pages/OpportunityPage'), 'OpportunityPage') }),
  createRoute({ ...under, path: '/dashboards', beforeLoad: () => { throw redirect({ to: '/dashboards/$view', params: { view: 'executive' } }) } }),
  createRoute({ ...under, path: '/dashboards/$view', component: lazyRouteComponent(() => import('./pages/Dashboard'), 'Dashboard') }),
  createRoute({ ...under, path: '/measure/funnel', component: lazyRouteComponent(() => import('./pages/Funnel'), 'Funnel') }),
  createRoute({ ...under, path: '/measure/channels', component: lazyRouteComponent(() => import('./pages/Channels'), 'Channels') }),
  createRoute({ ...under, path: '/measure/attribution', component: lazyRouteComponent(() => import('./pages/Attribution'), 'Attribution') }),
  createRoute({ ...under, path: '/measure/sales', component: lazyRouteComponent(() => import('./pages/Sales'), 'Sales') }),
  createRoute({ ...under, path: '/measure/plan', component: lazyRouteComponent(() => import('./pages/Plan'), 'Plan') }),
  createRoute({ ...under, path: '/measure/review', component: lazyRouteComponent(() => import('./pages/Review'), 'Review') }),
  createRoute({ ...under, path: '/measure/journeys/$id', component: lazyRouteComponent(() => import('./pages/Journey'), 'Journey') }),
  createRoute({ ...under, path: '/reports', component: lazyRouteComponent(() => import('./pages/Reports'), 'Reports') }),
  createRoute({ ...under, path: '/reports/$id', component: lazyRouteComponent(() => import('./pages/ReportPage'), 'ReportPage') }),
  createRoute({ ...under, path: '/audit', component: lazyRouteComponent(() => import('./pages/Audit'), 'Audit') }),
  createRoute({ ...under, path: '/playbook', component: lazyRouteComponent(() => import('./pages/PlaybookPage'), 'PlaybookPage') }),
  createRoute({ ...under, path: '/playbook/edit', component: lazyRouteComponent(() => import('./pages/PlaybookEdit'), 'PlaybookEdit') }),
  createRoute({ ...under, path: '/playbook/history', component: lazyRouteComponent(() => import('./pages/PlaybookHistory'), 'PlaybookHistory') }),
  createRoute({ ...under, path: '/data', beforeLoad: () => { throw redirect({ to: '/data/imports' }) } }),
  createRoute({ ...under, path: '/data/imports', component: lazyRouteComponent(() => import('./pages/Imports'), 'Imports') }),
  createRoute({ ...under, path: '/data/events', component: lazyRouteComponent(() => import('./pages/Events'), 'Events') }),
  createRoute({ ...under, path: '/data/drops', component: lazyRouteComponent(() => import('./pages/Drops'), 'Drops') }),
  createRoute({ ...under, path: '/docs', component: lazyRouteComponent(() => import('./pages/Docs'), 'Docs') }),
  createRoute({ ...under, path: '/docs/$name', component: lazyRouteComponent(() => import('./pages/Docs'), 'Docs') }),
  createRoute({ ...under, path: '$', component: NotFound }),
  createRoute({ ...under, path: '/account', component: lazyRouteComponent(() => import('./pages/OwnAccount'), 'OwnAccount') }),
  createRoute({ ...under, path: '/settings/people', component: lazyRouteComponent(() => import('./pages/People'), 'People') }),
  createRoute({ ...under, path: '/settings/access-log', component: lazyRouteComponent(() => import('./pages/AccessLog'), 'AccessLog') }),
  createRoute({ ...under, path: '/settings', component: lazyRouteComponent(() => import('./pages/Settings'), 'Settings') }),
] as const

export const router = createRouter({
  routeTree: root.addChildren([...doors, frame.addChildren(pages)]),
  defaultPreload: 'intent',
  defaultErrorComponent: Crashed,
  scrollRestoration: true,
  // Plain text in the URL: ?grade=A, not ?grade="A".
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(search)) {
      if (value !== undefined && value !== '') query.set(name, String(value))
    }
    const text = query.toString()
    return text ? '?' + text : ''
  },
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
