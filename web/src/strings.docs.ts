// The English words of the documentation's own pages; all others are in strings.ts.
import { locale } from './strings'

const one = (n: number, singular: string, plural: string) => `${new Intl.NumberFormat(locale).format(n)} ${n === 1 ? singular : plural}`

export const d = {
  title: 'Docs',
  sentence: 'How Millrace works and how it is run: the documentation of the version that you use.',
  contents: 'Contents',
  all: 'All pages',
  search: 'Search the docs',
  found: (n: number, q: string) => (n === 0 ? `No section says anything of “${q}”.` : `${one(n, 'section says', 'sections say')} something of “${q}”.`),
  noneHint: 'Every word must stand in the section. Try fewer words, or the beginning of one.',
  print: 'Print',
  previous: 'Before',
  next: 'Next',
  around: 'Pages before and after',
  notFound: 'There is no such page in the docs',
  notFoundHint: 'It may have another name in this version.',
  programs: 'For programs',
  programsHint: 'The description of the API, from which a client can be generated:',
  json: 'openapi.json',
  yaml: 'openapi.yaml',
}
