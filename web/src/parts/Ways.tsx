// What to do where there is nothing yet: links to what fills the page, as far as the role may go there, and to the docs.
import { Group } from '@mantine/core'
import { f } from '../strings.frame'
import { To } from './Links'
import { useMay } from './may'

const places = {
  import: { to: '/data/imports', needs: 'import' },
  snippet: { to: '/settings', needs: 'import' },
  playbook: { to: '/playbook', needs: 'read' },
  contacts: { to: '/contacts', needs: 'read' },
  leads: { to: '/leads', needs: 'read' },
  events: { to: '/data/events', needs: 'intake' },
  people: { to: '/settings/people', needs: 'admin' },
  tags: { to: '/measure/channels', needs: 'read' },
} as const

/** docs: the page and heading that say more, "imports#what-is-recognised". */
export function Ways({ to = [], docs }: { to?: readonly (keyof typeof places)[]; docs: string }) {
  const may = useMay()
  const [name, id] = docs.split('#')
  return (
    <Group gap="lg">
      {to.filter((w) => may(places[w].needs)).map((w) => (
        <To key={w} to={places[w].to} search={{}} underline="always">
          {f.ways[w]}
        </To>
      ))}
      <To to="/docs/$name" params={{ name: name! }} search={{}} {...(id && { hash: id })} underline="always">
        {f.ways.docs}
      </To>
    </Group>
  )
}
