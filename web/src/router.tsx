import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router'
import { files } from './files'
import { Frame } from './frame/Frame'
import { Crashed, NotFound } from './frame/Lost'
import type { Search } from './parts/Listing'

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: Crashed, validateSearch: (s: Record<string, unknown>) => s as Search })
const before = { getParentRoute: () => root }
const doors = [
  createRoute({ ...before, path: '/sign-in', component: lazyRouteComponent(files['/sign-in'], 'SignIn') }),
  createRoute({ ...before, path: '/set-up', component: lazyRouteComponent(files['/set-up'], 'SetUp') }),
  createRoute({ ...before, path: '/invitation', component: lazyRouteComponent(files['/invitation'], 'Invitation') }),
  createRoute({ ...before, path: '/password', component: lazyRouteComponent(files['/password'], 'NewPassword') }),
  createRoute({ ...before, path: '/stop-mails', component: lazyRouteComponent(files['/stop-mails'], 'StopMails') }),
  createRoute({ ...before, path: '/forgot', component: lazyRouteComponent(files['/forgot'], 'Forgot') }),
] as const
const frame = createRoute({ getParentRoute: () => root, id: 'frame', component: Frame })

const under = { getParentRoute: () => frame }
const pages = [
  createRoute({ ...under, path: '/', component: lazyRouteComponent(files['/'], 'Overview') }),
  createRoute({ ...under, path: '/accounts', component: lazyRouteComponent(files['/accounts'], 'Accounts') }),
  createRoute({ ...under, path: '/accounts/$id', component: lazyRouteComponent(files['/accounts/$id'], 'AccountPage') }),
  createRoute({ ...under, path: '/leads', component: lazyRouteComponent(files['/leads'], 'Leads') }),
  createRoute({ ...under, path: '/contacts', component: lazyRouteComponent(files['/contacts'], 'Contacts') }),
  createRoute({ ...under, path: '/contacts/$id', component: lazyRouteComponent(files['/contacts/$id'], 'ContactPage') }),
  createRoute({ ...under, path: '/opportunities', component: lazyRouteComponent(files['/opportunities'], 'Opportunities') }),
  createRoute({ ...under, path: '/opportunities/$id', component: lazyRouteComponent(files['/opportunities/$id'], 'OpportunityPage') }),
  createRoute({ ...under, path: '/dashboards', beforeLoad: () => { throw redirect({ to: '/dashboards/$view', params: { view: 'executive' } }) } }),
  createRoute({ ...under, path: '/dashboards/$view', component: lazyRouteComponent(files['/dashboards/$view'], 'Dashboard') }),
  createRoute({ ...under, path: '/measure/funnel', component: lazyRouteComponent(files['/measure/funnel'], 'Funnel') }),
  createRoute({ ...under, path: '/measure/channels', component: lazyRouteComponent(files['/measure/channels'], 'Channels') }),
  createRoute({ ...under, path: '/measure/attribution', component: lazyRouteComponent(files['/measure/attribution'], 'Attribution') }),
  createRoute({ ...under, path: '/measure/sales', component: lazyRouteComponent(files['/measure/sales'], 'Sales') }),
  createRoute({ ...under, path: '/measure/plan', component: lazyRouteComponent(files['/measure/plan'], 'Plan') }),
  createRoute({ ...under, path: '/measure/review', component: lazyRouteComponent(files['/measure/review'], 'Review') }),
  createRoute({ ...under, path: '/measure/journeys/$id', component: lazyRouteComponent(files['/measure/journeys/$id'], 'Journey') }),
  createRoute({ ...under, path: '/reports', component: lazyRouteComponent(files['/reports'], 'Reports') }),
  createRoute({ ...under, path: '/reports/$id', component: lazyRouteComponent(files['/reports/$id'], 'ReportPage') }),
  createRoute({ ...under, path: '/audit', component: lazyRouteComponent(files['/audit'], 'Audit') }),
  createRoute({ ...under, path: '/playbook', component: lazyRouteComponent(files['/playbook'], 'PlaybookPage') }),
  createRoute({ ...under, path: '/playbook/edit', component: lazyRouteComponent(files['/playbook/edit'], 'PlaybookEdit') }),
  createRoute({ ...under, path: '/playbook/history', component: lazyRouteComponent(files['/playbook/history'], 'PlaybookHistory') }),
  createRoute({ ...under, path: '/data', beforeLoad: () => { throw redirect({ to: '/data/imports' }) } }),
  createRoute({ ...under, path: '/data/imports', component: lazyRouteComponent(files['/data/imports'], 'Imports') }),
  createRoute({ ...under, path: '/data/events', component: lazyRouteComponent(files['/data/events'], 'Events') }),
  createRoute({ ...under, path: '/data/drops', component: lazyRouteComponent(files['/data/drops'], 'Drops') }),
  createRoute({ ...under, path: '/docs', component: lazyRouteComponent(files['/docs'], 'Docs') }),
  createRoute({ ...under, path: '/docs/$name', component: lazyRouteComponent(files['/docs/$name'], 'Docs') }),
  createRoute({ ...under, path: '$', component: NotFound }),
  createRoute({ ...under, path: '/account', component: lazyRouteComponent(files['/account'], 'OwnAccount') }),
  createRoute({ ...under, path: '/settings/people', component: lazyRouteComponent(files['/settings/people'], 'People') }),
  createRoute({ ...under, path: '/settings/access-log', component: lazyRouteComponent(files['/settings/access-log'], 'AccessLog') }),
  createRoute({ ...under, path: '/settings', component: lazyRouteComponent(files['/settings'], 'Settings') }),
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
