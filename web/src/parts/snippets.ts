// How to send events here. internal/collect/sdktest proves these calls with the real libraries.
export type Snippet = 'browser' | 'node' | 'curl'

export function snippet(of: Snippet, server: string, writeKey: string): string {
  switch (of) {
    case 'browser':
      return `npm install @segment/analytics-next

import { AnalyticsBrowser } from '@segment/analytics-next'

export const analytics = AnalyticsBrowser.load({
  writeKey: '${writeKey}',
  cdnURL: '${server}',
})
analytics.page()
// when a visitor says who they are:
analytics.identify({ email: 'anna@acme.com', company: 'Acme' })
analytics.track('Demo Requested')`
    case 'node':
      return `npm install @segment/analytics-node

import { Analytics } from '@segment/analytics-node'

const analytics = new Analytics({
  writeKey: '${writeKey}',
  host: '${server}',
})
analytics.identify({ userId: 'u1', traits: { email: 'anna@acme.com' } })
analytics.track({ userId: 'u1', event: 'Demo Requested' })
await analytics.closeAndFlush()`
    case 'curl':
      return `curl -u ${writeKey}: ${server}/v1/track \\
  -H 'Content-Type: application/json' \\
  -d '{"userId": "u1", "event": "Demo Requested"}'`
  }
}
