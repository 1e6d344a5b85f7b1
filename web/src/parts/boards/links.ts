// Addresses that the server gives: a path with its query, as the router takes them.
export function placeOf(link: string): { to: string; search: Record<string, string> } {
  const [path, query = ''] = link.split('?')
  return { to: path || '/', search: Object.fromEntries(new URLSearchParams(query)) }
}
