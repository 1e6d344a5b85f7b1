// A channel's verdict, and, opened, its reasons and the rules in the order in which they were asked.
import { Badge } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'
import type { Review, ReviewRow } from '../../api/measure'
import { r } from '../../strings.review'
import { SidePanel } from '../Dialogs'
import { ReturnsChart } from './Returns'
import { said } from '../measure/figures'

const tone: Record<string, string> = { stop: 'red', fix: 'yellow', keep: 'gray', double: 'teal', too_early: 'gray' }

export const verdictText = (x: ReviewRow) => (r.verdicts[x.verdict] ?? x.verdict) + (x.confidence === 'low' ? `, ${r.perhaps}` : '')

export function VerdictBadge({ x }: { x: ReviewRow }) {
  return (
    <Badge variant={x.verdict === 'too_early' ? 'outline' : 'light'} radius="sm" tt="none" fw={600} miw="max-content" color={tone[x.verdict] ?? 'gray'} c="var(--mantine-color-text)">
      {verdictText(x)}
    </Badge>
  )
}

/** The verdict as a button; which one is open stands in the URL. */
export function Verdict({ x, rules }: { x: ReviewRow; rules: Review['rules'] }) {
  const opened = useSearch({ strict: false, select: (s: Record<string, unknown>) => s.channel === x.channel }) as boolean
  const navigate = useNavigate()
  const open = useCallback(
    (yes: boolean) => void navigate({ to: '.', search: (s: Record<string, unknown>) => ({ ...s, channel: yes ? x.channel : undefined }), state: true, resetScroll: false }),
    [navigate, x.channel],
  )
  return (
    <>
      <button type="button" className="measure" onClick={() => open(true)} aria-label={r.why(x.channel, verdictText(x))}>
        <VerdictBadge x={x} />
      </button>
      {opened && (
        <SidePanel title={x.channel} opened close={() => open(false)}>
          <Reasoned x={x} rules={rules ?? []} />
        </SidePanel>
      )}
    </>
  )
}

function Reasoned({ x, rules }: { x: ReviewRow; rules: NonNullable<Review['rules']> }) {
  const at = rules.findIndex((k) => k.name === x.rule)
  return (
    <>
      <p className="number opened">{verdictText(x)}</p>
      <dl className="why">
        <div>
          <dt>{r.reasons}</dt>
          <dd>
            <Reasons x={x} />
          </dd>
        </div>
        <div>
          <dt>{r.confidenceIs}</dt>
          <dd>{r.confidences[x.confidence]}</dd>
        </div>
        <div>
          <dt>{r.decided}</dt>
          <dd>{rules[at]?.when ?? x.rule}.</dd>
        </div>
      </dl>
      <details className="rules">
        <summary>{r.all}</summary>
        <ol>
          {rules.map((k, i) => (
            <li key={k.name} aria-current={i === at || undefined}>
              <b>{r.verdicts[k.verdict] ?? k.verdict}</b>: {k.when}. <span className="hint">{i < at ? r.heldNot : i === at ? r.held : r.notAsked}</span>
            </li>
          ))}
        </ol>
      </details>
      {(x.returns.points ?? []).length > 1 && <ReturnsChart row={x} />}
    </>
  )
}

export const Reasons = ({ x }: { x: ReviewRow }) => (
  <ul className="reasons">
    {(x.reasons ?? []).map((words) => (
      <li key={words}>{said(words)}</li>
    ))}
  </ul>
)
