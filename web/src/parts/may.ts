import { useQuery } from '@tanstack/react-query'
import { session } from '../api/queries'

/** What a role may do; internal/access/role.go says which role may what. */
export type Scope = 'read' | 'intake' | 'export' | 'sales' | 'write' | 'import' | 'playbook' | 'admin'

/** Says whether whoever is signed in may do something. Nobody may before it is known who that is. */
export function useMay(): (scope: Scope) => boolean {
  const s = useQuery({ ...session, enabled: false }).data
  return (scope) => s?.scopes.includes(scope) ?? false
}
