// The documentation that the binary carries: contents at the side, a page or what was searched for beside them.
import './docs.css'
import { Anchor, Button, Group, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core'
import { useDebouncedCallback, useMediaQuery } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useLocation, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Fragment, type MouseEvent, type ReactNode, useEffect, useState } from 'react'
import { ApiError } from '../api/client'
import { doc, docs, docsFound } from '../api/queries'
import type { DocPage } from '../api/types'
import { To } from '../parts/Links'
import { Empty, Failed, Lead } from '../parts/States'
import { t } from '../strings'
import { d } from '../strings.docs'

export function Docs() {
  const { name } = useParams({ strict: false }) as { name?: string }
  const { q } = useSearch({ strict: false }) as { q?: string }
  const pages = useQuery(docs)
  return (
    <div className="docs">
      <nav aria-label={d.contents}>
        <Written q={q ?? ''} />
        <Contents pages={pages.data ?? []} name={name} />
      </nav>
      <div>
        {q ? <Found q={q} /> : name ? <Page name={name} pages={pages.data ?? []} /> : pages.isError ? <Failed error={pages.error} retry={() => void pages.refetch()} /> : <All pages={pages.data} />}
      </div>
    </div>
  )
}

/** Pages by whom they are for, in the order given. */
export function shelvesOf(pages: readonly DocPage[]): [string, DocPage[]][] {
  const shelves = new Map<string, DocPage[]>()
  for (const p of pages) shelves.set(p.group, [...(shelves.get(p.group) ?? []), p])
  return [...shelves]
}

function PageLink({ name, id, children, current = false }: { name: string; id?: string; children: ReactNode; current?: boolean }) {
  return (
    <To to="/docs/$name" params={{ name }} search={{}} {...(id && { hash: id })} {...(current && { 'aria-current': 'page' as const })}>
      {children}
    </To>
  )
}

// On a phone the contents are closed, so that the text begins on the first screen.
function Contents({ pages, name }: { pages: readonly DocPage[]; name: string | undefined }) {
  const wide = useMediaQuery('(min-width: 62em)', true, { getInitialValueInEffect: false })
  const [opened, setOpened] = useState(false)
  return (
    <details open={wide || opened} onToggle={(e) => wide || setOpened(e.currentTarget.open)}>
      <summary>{d.contents}</summary>
      <ul>
        <li>
          <To to="/docs" search={{}} {...(!name && { 'aria-current': 'page' as const })}>
            {d.all}
          </To>
        </li>
      </ul>
      {shelvesOf(pages).map(([shelf, of]) => (
        <Fragment key={shelf}>
          <p className="shelf">{shelf}</p>
          <ul>
            {of.map((p) => (
              <li key={p.name}>
                <PageLink name={p.name} current={p.name === name}>
                  {p.title}
                </PageLink>
                {p.name === name && p.sections.length > 0 && (
                  <ul>
                    {p.sections.filter((s) => s.level === 2).map((s) => (
                      <li key={s.id}>
                        <PageLink name={p.name} id={s.id}>
                          {s.title}
                        </PageLink>
                      </li>
                    ))}
                  </ul>
                )}
              </li>
            ))}
          </ul>
        </Fragment>
      ))}
    </details>
  )
}

function Written({ q }: { q: string }) {
  const navigate = useNavigate()
  const [text, setText] = useState(q)
  const settle = useDebouncedCallback((asked: string) => void navigate({ to: '.', search: asked ? { q: asked } : {}, replace: q !== '' && asked !== '' }), 250)
  useEffect(() => setText((typed) => (typed.trim() === q ? typed : q)), [q])
  return (
    <TextInput
      type="search"
      data-search
      size="xs"
      mb="sm"
      aria-label={d.search}
      placeholder={d.search}
      value={text}
      onChange={(e) => {
        setText(e.currentTarget.value)
        settle(e.currentTarget.value.trim())
      }}
    />
  )
}

function Found({ q }: { q: string }) {
  const hits = useQuery(docsFound(q, 30))
  if (hits.isError) return <Failed error={hits.error} retry={() => void hits.refetch()} />
  return (
    <Stack>
      <Lead title={d.title} sentence={hits.data && d.found(hits.data.length, q)} />
      {hits.data?.length === 0 && <Text c="dimmed">{d.noneHint}</Text>}
      <ol className="hits">
        {hits.data?.map((h) => (
          <li key={h.name + '#' + h.id}>
            <PageLink name={h.name} id={h.id}>
              {h.section ? `${h.page} › ${h.section}` : h.page}
            </PageLink>
            <Text c="dimmed" size="sm">
              {h.excerpt}
            </Text>
          </li>
        ))}
      </ol>
    </Stack>
  )
}

// What stands below the pages comes with them: it would be pushed off the screen.
function All({ pages }: { pages: readonly DocPage[] | undefined }) {
  return (
    <Stack>
      <Lead title={d.title} sentence={d.sentence} />
      {pages ? <Shelves pages={pages} /> : <Skeleton height={400} maw="46rem" />}
    </Stack>
  )
}

function Shelves({ pages }: { pages: readonly DocPage[] }) {
  return (
    <div>
      {shelvesOf(pages).map(([shelf, of]) => (
        <section key={shelf}>
          <Title order={2} mb={8}>
            {shelf}
          </Title>
          <dl>
            {of.map((p) => (
              <div key={p.name}>
                <dt>
                  <PageLink name={p.name}>{p.title}</PageLink>
                </dt>
                <dd>{p.summary}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <section>
        <Title order={2} mb={8}>
          {d.programs}
        </Title>
        <Text>
          {d.programsHint}{' '}
          <Anchor inherit href="/api/openapi.json" download underline="always">
            {d.json}
          </Anchor>
          ,{' '}
          <Anchor inherit href="/api/openapi.yaml" download underline="always">
            {d.yaml}
          </Anchor>
        </Text>
      </section>
    </div>
  )
}

function Page({ name, pages }: { name: string; pages: readonly DocPage[] }) {
  const page = useQuery(doc(name))
  const { hash } = useLocation()
  useEffect(() => {
    if (page.data && hash) show(hash)
  }, [page.data, hash])
  if (page.error instanceof ApiError && page.error.status === 404) return <Empty title={d.notFound} hint={d.notFoundHint} action={<To to="/docs" search={{}}>{d.all}</To>} />
  if (page.isError) return <Failed error={page.error} retry={() => void page.refetch()} />
  if (!page.data) return <Skeleton height={400} maw="46rem" />
  return (
    <>
      <title>{`${page.data.title} · ${d.title} · ${t.product}`}</title>
      <Group justify="space-between" wrap="nowrap" align="start" maw="46rem" mb="sm">
        <div>
          <Text c="dimmed" size="sm">
            {page.data.group}
          </Text>
          <Title order={1}>{page.data.title}</Title>
        </div>
        <Button size="xs" variant="default" className="noprint" onClick={() => print()}>
          {d.print}
        </Button>
      </Group>
      <Body name={name} html={page.data.html} />
      <Around pages={pages} name={name} />
    </>
  )
}

/** The page's own text, as the server made it of Markdown: it has no script and no style. Its links within the app don't load the app again. */
function Body({ name, html }: { name: string; html: string }) {
  const navigate = useNavigate()
  const follow = (e: MouseEvent) => {
    const link = (e.target as Element).closest('a')
    if (!link || link.origin !== location.origin || !link.pathname.startsWith('/docs/') || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return
    e.preventDefault()
    const to = link.pathname.slice('/docs/'.length)
    const id = link.hash.slice(1)
    void navigate({ to: '/docs/$name', params: { name: to }, search: {}, ...(id && { hash: id }) })
    if (to === name && id) show(id)
  }
  return <article className="doc" onClick={follow} dangerouslySetInnerHTML={{ __html: html }} />
}

// The heading goes under the app's own head and takes the focus, so that the next Tab is behind it.
function show(id: string) {
  const heading = document.getElementById(id)
  heading?.scrollIntoView()
  heading?.querySelector('a')?.focus({ preventScroll: true })
}

function Around({ pages, name }: { pages: readonly DocPage[]; name: string }) {
  const at = pages.findIndex((p) => p.name === name)
  const [before, after] = [pages[at - 1], at < 0 ? undefined : pages[at + 1]]
  return (
    <nav className="around noprint" aria-label={d.around}>
      {before && <PageLink name={before.name}>{`${d.previous}: ${before.title}`}</PageLink>}
      {after && <PageLink name={after.name}>{`${d.next}: ${after.title}`}</PageLink>}
    </nav>
  )
}
