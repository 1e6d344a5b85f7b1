// The one way to show a measured figure: the value, where it stands to its benchmark in a word and a colour, how sure it is and of how many;
// opened, its rule, what it was worked out of, what was left out and what to mind.
import { Text } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { createContext, type ReactNode, useCallback, useContext } from 'react'
import type { Figure as Measure } from '../../api/measure'
import type { Time } from '../../api/types'
import { m } from '../../strings.measure'
import { moment } from '../format'
import { SidePanel } from '../Dialogs'
import { Help } from '../Term'
import type { TermName } from '../../terms'
import { figureTerms } from './explained'
import { figureText, intervalText, leftOutText, rangeText, reasonOf, share, verdictOf, workedText, write } from './figures'

/** Of which facts the figures below are, and the workspace's currency. */
export type Basis = { position: number; at: Time; playbook: string; currency: string }
const Of = createContext<Basis>({ position: 0, at: null, playbook: '', currency: '' })
export const FiguresOf = Of.Provider
export const useBasis = () => useContext(Of)

type Props = {
  f: Measure
  /** Names it within the page: its address in the URL while it is open. */
  id: string
  label: string
  /** The ways into what stands behind it. */
  behind?: ReactNode
}

// The opened figure stands in the URL, so that it can be sent to somebody.
function useOpened(id: string): [boolean, (open: boolean) => void] {
  const opened = useSearch({ strict: false, select: (s: Record<string, unknown>) => s.figure === id }) as boolean
  const navigate = useNavigate()
  const open = useCallback(
    (yes: boolean) => void navigate({ to: '.', search: (s: Record<string, unknown>) => ({ ...s, figure: yes ? id : undefined }), state: true, resetScroll: false }),
    [navigate, id],
  )
  return [opened, open]
}

/** The number with its verdict's word, as it stands in a table's cell; bare, without the word. What has no value says the least that it is, where that is known. */
export function Figure({ f, id, label, behind, big = false, bare = big }: Props & { big?: boolean; bare?: boolean }) {
  const [opened, open] = useOpened(id)
  const v = verdictOf(f)
  const least = f.value === null && !bare && f.interval && f.interval.low !== null && f.interval.low > 0 ? intervalText(f) : ''
  const text = [figureText(f), least].filter(Boolean).join(' ')
  return (
    <>
      <button
        type="button"
        className={big ? 'measure number' : 'measure'}
        data-figure={f.key}
        onClick={() => open(true)}
        aria-label={m.figure.why(label, [text, f.value === null && reasonOf(f), v?.long].filter(Boolean).join(', '))}
        title={f.value === null ? reasonOf(f) : intervalText(f)}
      >
        {figureText(f)}
        {v && !bare && <small className={v.tone}> {v.short}</small>}
        {least && <small> {least}</small>}
      </button>
      {opened && <Opened f={f} label={label} behind={behind} close={() => open(false)} />}
    </>
  )
}

/** A count or a share that isn't a figure of its own; opened, what stands behind it. */
export function Drill({ id, label, className = '', style, children, behind }: { id: string; label: string; className?: string; style?: React.CSSProperties; children: ReactNode; behind: ReactNode }) {
  const [opened, open] = useOpened(id)
  const basis = useBasis()
  return (
    <>
      <button type="button" className={`measure ${className}`} style={style} data-drill={id} onClick={() => open(true)} aria-label={m.figure.open(label)}>
        {children}
      </button>
      {opened && (
        <SidePanel title={label} opened close={() => open(false)}>
          <dl className="why">
            <Row name={m.figure.behind}>{behind}</Row>
            <Row name={m.figure.source}>
              {m.figure.asOf(write(basis.position, { key: '', unit: 'count' }), moment(basis.at))} {m.figure.playbook(basis.playbook)}.
            </Row>
          </dl>
        </SidePanel>
      )}
    </>
  )
}

/** The number with all that fits beside it; for a list of figures (dl). */
export function FigureCard({ note, ...props }: Props & { note?: ReactNode }) {
  const { f, label } = props
  const v = verdictOf(f)
  const range = intervalText(f)
  const of = f.value !== null && f.n > 0 && f.unit !== 'count' && m.figure.of(f.n)
  const term = figureTerms[f.key]
  return (
    <div className="card">
      <dt>
        {label}
        {term && <Help name={term} />}
      </dt>
      <dd>
        <Figure {...props} big />
        {f.value === null ? (
          <Text size="xs" c="dimmed" component="p" m={0}>
            {reasonOf(f)}
          </Text>
        ) : (
          v && (
            <Text size="xs" component="p" m={0} className={v.tone ?? ''}>
              {v.long}
            </Text>
          )
        )}
        {(range || of) && (
          <Text size="xs" c="dimmed" component="p" m={0}>
            {[range, of].filter(Boolean).join(' · ')}
          </Text>
        )}
        {note}
      </dd>
    </div>
  )
}

function Opened({ f, label, behind, close }: { f: Measure; label: string; behind: ReactNode; close: () => void }) {
  const basis = useBasis()
  const v = verdictOf(f)
  const worked = workedText(f, basis.currency)
  const band = f.band && rangeText(f.band.low, f.band.high, { key: f.key, unit: f.unit, currency: f.band.currency ?? f.currency })
  const left = f.left_out ?? []
  const caveats = f.caveats ?? []
  return (
    <SidePanel title={label} opened close={close}>
      <p className="number opened">{figureText(f)}</p>
      {f.value === null && <p className="opened">{reasonOf(f)}</p>}
      <dl className="why">
        <Row name={m.figure.rule}>{f.rule}</Row>
        {worked && <Row name={m.figure.worked}>{worked}</Row>}
        {(f.interval || f.n > 0) && (
          <Row name={m.figure.interval} term="interval">
            {f.interval && (
              <>
                {m.figure.level(share(f.interval.level), intervalText(f))}. {m.figure.methods[f.interval.method] ?? f.interval.method}{' '}
              </>
            )}
            {m.figure.observations(f.n)}.
          </Row>
        )}
        {f.band && (
          <Row name={m.figure.band} term="band">
            {v ? <span className={v.tone}>{v.long}</span> : band}. {v && (f.band.sure ? m.figure.sureWords : m.figure.unsureWords)} {f.band.alarm && <b className="bad">{m.figure.alarm(f.band.alarm)} </b>}
            {m.figure.sources[f.band.source] ?? f.band.source}.
          </Row>
        )}
        {left.length > 0 && (
          <Row name={m.figure.leftOut} term="leftOut">
            <ul>
              {left.map((l) => (
                <li key={l.reason}>{leftOutText(l)}</li>
              ))}
            </ul>
          </Row>
        )}
        {caveats.length > 0 && (
          <Row name={m.figure.caveats}>
            <ul>
              {caveats.map((c) => (
                <li key={c}>{m.figure.caveat[c] ?? c.replaceAll('_', ' ')}</li>
              ))}
            </ul>
          </Row>
        )}
        {behind && <Row name={m.figure.behind}>{behind}</Row>}
        <Row name={m.figure.source}>
          {m.figure.asOf(write(basis.position, { key: '', unit: 'count' }), moment(basis.at))} {m.figure.playbook(basis.playbook)}.
        </Row>
      </dl>
    </SidePanel>
  )
}

const Row = ({ name, term, children }: { name: string; term?: TermName; children: ReactNode }) => (
  <div>
    <dt>
      {name}
      {term && <Help name={term} />}
    </dt>
    <dd>{children}</dd>
  </div>
)
