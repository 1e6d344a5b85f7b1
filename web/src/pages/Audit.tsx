// The audit: the known ways in which a program fails. What failed comes first, each with its evidence, the money at stake and what to do next.
import { Badge, Button, Code, Group, Skeleton, Stack, Table, Text, Title, VisuallyHidden } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useDeferredValue } from 'react'
import { useSearch } from '@tanstack/react-router'
import { audit } from '../api/queries'
import type { AuditCheck as Check, AuditEvidence as Evidence, AuditReport as Report } from '../api/types'
import { day } from '../parts/format'
import { FiguresOf, Figure } from '../parts/measure/Figure'
import { minorMoney } from '../parts/measure/figures'
import { To } from '../parts/Links'
import { useListing } from '../parts/Listing'
import { Failed, Lead } from '../parts/States'
import { locale } from '../strings'
import { a } from '../strings.audit'
import { Term } from '../parts/Term'
import '../parts/measure/measure.css'
import './audit.css'

export function Audit() {
  const query = useQuery(audit)
  const x = useDeferredValue(query.data) // drawn a few milliseconds at a time
  const r = x?.report
  return (
    <Stack gap="lg" className="audit">
      <Lead title={a.title} sentence={r && (r.judged === 0 ? a.empty : a.sentence(r.failed, r.severe, r.judged, r.checks.length))}>
        <p className="hint">{(r && when(r)) || '\u00a0'}</p>
      </Lead>
      <Group gap="xs" data-noprint aria-label={a.share} role="group">
        <Button size="xs" variant="default" onClick={() => window.print()}>
          {a.print}
        </Button>
        {(['markdown', 'html'] as const).map((format) => (
          <Button key={format} size="xs" variant="default" component="a" href={`/api/v1/audit?format=${format}`} download>
            {format === 'markdown' ? a.markdown : a.page}
          </Button>
        ))}
      </Group>
      {query.isError && !x && <Failed error={query.error} retry={() => void query.refetch()} />}
      {!query.isError && !x && <Skeleton height={900} />}
      {x && r && (
        <FiguresOf value={{ position: x.position, at: r.as_of, playbook: x.playbook, currency: r.currency }}>
          <Score r={r} />
          <Checks title={a.failed} checks={r.checks.filter((c) => c.status === 'failed')} open none={r.judged > 0 ? a.nothingFailed : undefined} />
          <Bring r={r} />
          <Checks title={a.cannot} checks={r.checks.filter((c) => c.status === 'not_judged')} />
          <Checks title={a.passed} checks={r.checks.filter((c) => c.status === 'passed')} />
        </FiguresOf>
      )}
    </Stack>
  )
}

const short = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' })

/** Of which day it is, and that the data ended where they did. */
export function when(r: Report): string {
  const late = r.now && r.as_of ? new Date(r.now).getTime() - new Date(r.as_of).getTime() : 0
  return late > 30 * 86_400_000 ? a.ended(day(r.as_of)) : a.asOf(day(r.as_of))
}

function Score({ r }: { r: Report }) {
  return (
    <section aria-label={a.score} className="score">
      <div>
        <Text c="dimmed" size="sm">
          <Term name="auditScore">{a.score}</Term>
        </Text>
        <p className="points">
          {r.score ?? '—'} <small>{r.score === null ? a.noScore : a.of}</small>
        </p>
        <p className="hint">{a.judged(r.judged, r.checks.length)}</p>
        <details className="hint">
          <summary>{a.rule}</summary>
          {r.score_rule}.
        </details>
      </div>
      <div className="data">
        <ul>
          {r.summary.slice(1).map((s) => (
            <li key={s}>{s}</li>
          ))}
        </ul>
        <p className="hint">{r.data.join(' ')}</p>
      </div>
      {r.trend && <Trend r={r} trend={r.trend} />}
    </section>
  )
}

// The score of each of the last months as a bar, of the same checks throughout; the chosen month says below what failed then.
function Trend({ r, trend: { points, checks } }: { r: Report; trend: NonNullable<Report['trend']> }) {
  const { then } = useSearch({ strict: false }) as { then?: string }
  const { set } = useListing()
  const chosen = points.find((p) => p.day === then)
  const titles = new Map(r.checks.map((c) => [c.id, c.title]))
  return (
    <div className="trend-box">
      <Title order={2}>{a.trend}</Title>
      <p className="hint" data-noprint>
        {a.trendHint}
      </p>
      <details className="hint">
        <summary>{a.trendChecks(checks.length)}</summary>
        {checks.map((id) => titles.get(id) ?? id).join('; ')}.
      </details>
      <ol className="bars" aria-label={a.trendOf(day(points[0]!.day), day(points.at(-1)!.day))}>
        {points.map((p) => (
          <li key={p.day}>
            <button type="button" title={day(p.day)} aria-pressed={p === chosen} onClick={() => set('then', p === chosen ? '' : p.day)}>
              <b>{p.score}</b>
              <svg viewBox="0 0 10 100" preserveAspectRatio="none" aria-hidden="true">
                <rect className="under" width="10" height="100" />
                <rect className="bar" y={100 - p.score} width="10" height={p.score} />
              </svg>
              <small>{short.format(new Date(p.day))}</small>
            </button>
          </li>
        ))}
      </ol>
      {chosen && (
        <p className="hint" role="status">
          {[a.failedThen(day(chosen.day), chosen.failed.length), chosen.failed.map((id) => titles.get(id) ?? id).join(', ')].filter(Boolean).join(': ')}
        </p>
      )}
    </div>
  )
}

function Bring({ r }: { r: Report }) {
  if (r.bring.length === 0) return null
  return (
    <section aria-labelledby="bring">
      <Title order={2} id="bring">
        {a.bring}
      </Title>
      <div className="scroll" tabIndex={0} role="group" aria-labelledby="bring">
        <Table className="table" verticalSpacing={5} horizontalSpacing="sm">
          <Table.Tbody>
            {r.bring.map((b) => (
              <Table.Tr key={b.what}>
                <Table.Td>
                  <To to={b.link} search={{}} underline="always">
                    {b.what}
                  </To>
                  {b.command && (
                    <div>
                      <Code>{b.command}</Code>
                    </div>
                  )}
                </Table.Td>
                <Table.Td className="figure">{a.bringFor(b.checks.length)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </section>
  )
}

function Checks({ title, checks, open = false, none }: { title: string; checks: Check[]; open?: boolean; none?: string | undefined }) {
  if (checks.length === 0 && !none) return null
  return (
    <section aria-label={title}>
      <Title order={2}>{title}</Title>
      {checks.length === 0 && <p className="hint">{none}</p>}
      {checks.map((c) => (
        <One key={c.id} c={c} open={open} />
      ))}
    </section>
  )
}

const tone: Record<string, string> = { severe: 'red', warning: 'yellow', notice: 'gray' }

function One({ c, open }: { c: Check; open: boolean }) {
  const failed = c.status === 'failed'
  return (
    <details className="check" open={open} id={c.id}>
      <summary>
        <span className="name">
          {c.title}
          {failed && (
            <Badge variant="light" radius="sm" tt="none" fw={600} miw="max-content" color={tone[c.severity] ?? 'gray'} c="var(--mantine-color-text)">
              {a.severities[c.severity] ?? c.severity}
            </Badge>
          )}
          {c.money_at_stake && (
            <span className="stake">
              <VisuallyHidden>{a.stake}: </VisuallyHidden>
              {minorMoney(c.money_at_stake.minor, c.money_at_stake.currency)}
            </span>
          )}
        </span>
        <span className="answer">{c.answer}</span>
      </summary>
      <p className="hint">{c.question}</p>
      {c.evidence.length > 0 && (
        <ul aria-label={a.evidence}>
          {c.evidence.map((e, i) => (
            <Said key={i} e={e} id={`${c.id}/${i}`} label={c.title} />
          ))}
        </ul>
      )}
      {c.money_at_stake && (
        <p>
          {a.stake}: <b>{minorMoney(c.money_at_stake.minor, c.money_at_stake.currency)}</b> <span className="hint">({c.money_at_stake.formula})</span>
        </p>
      )}
      {failed && (
        <p>
          {a.next}: {c.action.says}.{' '}
          <To {...place(c.action.link)} underline="always" data-noprint>
            {a.go}
          </To>{' '}
          {c.action.command && <Code>{c.action.command}</Code>}
        </p>
      )}
      <p className="hint">
        {a.ruleOf}: {c.rule}. {a.source}: {c.source}.
      </p>
    </details>
  )
}

function Said({ e, id, label }: { e: Evidence; id: string; label: string }) {
  return (
    <li>
      {e.says}{' '}
      {e.figure && (
        <span data-noprint>
          (<Figure f={e.figure} id={id} label={label} bare />){' '}
        </span>
      )}
      {e.link && (
        <To {...place(e.link)} underline="always" className="hint" data-noprint aria-label={`${a.see}: ${e.says}`}>
          {a.see}
        </To>
      )}
    </li>
  )
}

/** A path with its query, as the router takes it. */
export function place(link: string): { to: string; search: Record<string, string> } {
  const [to = '/', query = ''] = link.split('?')
  return { to, search: Object.fromEntries(new URLSearchParams(query)) }
}
