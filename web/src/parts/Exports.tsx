// A list as a file: as it is shown, or with all that is known of each row.
import { Button, Menu } from '@mantine/core'
import { address, type List, type Params } from '../api/client'
import { l } from '../strings.lists'

type Props = {
  list: List
  params: Params
  /** Columns of the file that tell what is shown. */
  columns: readonly string[]
  /** Sorts by which a whole list can be walked; by others it is exported in its own order, and that is said. */
  walked: readonly string[]
}

export function Exports({ list, params, columns, walked }: Props) {
  const { limit: _, cursor: __, sort, ...filters } = params
  const ordered = !sort || walked.includes(String(sort))
  const rows = ordered && sort ? { ...filters, sort } : filters
  const to = (more: Params) => address(list, { ...rows, ...more })
  return (
    <Menu position="bottom-end" width={230} withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button size="xs" variant="default" visibleFrom="sm" rightSection={<span aria-hidden="true">▾</span>}>
          {l.exports.button}
        </Button>
      </Menu.Target>
      <Menu.Dropdown aria-label={l.exports.button}>
        <Menu.Item component="a" href={to({ format: 'csv', columns: columns.join(',') })} download>
          {l.exports.shown}
        </Menu.Item>
        <Menu.Item component="a" href={to({ format: 'csv' })} download>
          {l.exports.all}
        </Menu.Item>
        <Menu.Item component="a" href={to({ format: 'ndjson' })} download>
          {l.exports.ndjson}
        </Menu.Item>
        <Menu.Label>{ordered ? l.exports.hint : l.exports.unordered}</Menu.Label>
      </Menu.Dropdown>
    </Menu>
  )
}
