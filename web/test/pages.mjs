// The addresses that look.mjs opens: every route of the app, and its states that look otherwise. test/pages.test.ts compares them with the router.

/** Before signing in, by name. */
export const doors = {
  'sign-in': '/sign-in', forgot: '/forgot', 'set-up': '/set-up', 'link-over': '/invitation#token=over', password: '/password#token=over', 'stop-mails': '/stop-mails#token=over',
}

/** After signing in, by name. What is missing of the ids leaves out the pages about it. */
export function pages({ account, person, opportunity, won, report, upload } = {}) {
  return {
    overview: '/', accounts: '/accounts', leads: '/leads', contacts: '/contacts', opportunities: '/opportunities', 'opportunities-table': '/opportunities?view=table',
    executive: '/dashboards/executive?compare=previous', 'channel-view': '/dashboards/channel', 'content-view': '/dashboards/content', 'sales-view': '/dashboards/sales', abm: '/dashboards/abm',
    funnel: '/measure/funnel', channels: '/measure/channels', attribution: '/measure/attribution', intervals: '/measure/attribution?intervals=1', sales: '/measure/sales', plan: '/measure/plan', review: '/measure/review',
    reports: '/reports', publish: '/reports?publish=economics', audit: '/audit',
    playbook: '/playbook', 'playbook-edit': '/playbook/edit', 'playbook-history': '/playbook/history',
    imports: '/data/imports', events: '/data/events', drops: '/data/drops',
    settings: '/settings', people: '/settings/people', 'access-log': '/settings/access-log', 'own-account': '/account',
    docs: '/docs', 'docs-page': '/docs/access#mail', 'docs-found': '/docs?q=half-life',
    lost: '/nowhere', 'no-match': '/leads?q=nobodyatall', 'no-account': '/accounts/acc_999999999',
    ...(account && { account: `/accounts/${account}` }),
    ...(person && { contact: `/contacts/${person}`, 'contact-then': `/contacts/${person}?as_of=2026-06-01`, why: `/leads?why=${person}` }),
    ...(opportunity && { opportunity: `/opportunities/${opportunity}` }),
    ...(won && { journey: `/measure/journeys/${won}` }),
    ...(report && { report: `/reports/${report}` }),
    ...(upload && { mapper: `/data/imports?upload=${upload}` }),
  }
}

/** Those that are made to be printed. */
export const printed = ['executive', 'channel-view', 'content-view', 'sales-view', 'abm', 'audit', 'report', 'review']
