// The file of each address, fetched when it is opened. boot.ts begins with that of the address that the browser came with.
export const files = {
  '/sign-in': () => import('./frame/Door'),
  '/set-up': () => import('./frame/Door'),
  '/invitation': () => import('./frame/Door'),
  '/password': () => import('./frame/Door'),
  '/stop-mails': () => import('./pages/StopMails'),
  '/forgot': () => import('./frame/Door'),
  '/': () => import('./pages/Overview'),
  '/accounts': () => import('./pages/Accounts'),
  '/accounts/$id': () => import('./pages/AccountPage'),
  '/leads': () => import('./pages/Leads'),
  '/contacts': () => import('./pages/Contacts'),
  '/contacts/$id': () => import('./pages/ContactPage'),
  '/opportunities': () => import('./pages/Opportunities'),
  '/opportunities/$id': () => import('./pages/OpportunityPage'),
  '/dashboards/$view': () => import('./pages/Dashboard'),
  '/measure/funnel': () => import('./pages/Funnel'),
  '/measure/channels': () => import('./pages/Channels'),
  '/measure/attribution': () => import('./pages/Attribution'),
  '/measure/sales': () => import('./pages/Sales'),
  '/measure/plan': () => import('./pages/Plan'),
  '/measure/review': () => import('./pages/Review'),
  '/measure/journeys/$id': () => import('./pages/Journey'),
  '/reports': () => import('./pages/Reports'),
  '/reports/$id': () => import('./pages/ReportPage'),
  '/audit': () => import('./pages/Audit'),
  '/playbook': () => import('./pages/PlaybookPage'),
  '/playbook/edit': () => import('./pages/PlaybookEdit'),
  '/playbook/history': () => import('./pages/PlaybookHistory'),
  '/data/imports': () => import('./pages/Imports'),
  '/data/events': () => import('./pages/Events'),
  '/data/drops': () => import('./pages/Drops'),
  '/docs': () => import('./pages/Docs'),
  '/docs/$name': () => import('./pages/Docs'),
  '/account': () => import('./pages/OwnAccount'),
  '/settings/people': () => import('./pages/People'),
  '/settings/access-log': () => import('./pages/AccessLog'),
  '/settings': () => import('./pages/Settings'),
}

/** The file of an address; $ stands for any part of it. */
export function fileOf(path: string): (() => Promise<unknown>) | undefined {
  const asked = path.split('/')
  const fits = (address: string) => {
    const parts = address.split('/')
    return parts.length === asked.length && parts.every((p, i) => p === asked[i] || (p.startsWith('$') && asked[i] !== ''))
  }
  const found = Object.entries(files).find(([address]) => fits(address))
  return found?.[1]
}
