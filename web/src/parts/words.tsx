// Small things said the same way everywhere: a stage, a grade, a fit.
import { Text } from '@mantine/core'
import type { Explanation, Stage } from '../api/types'
import { t } from '../strings'
import { because, day } from './format'
import { Help } from './Term'

// Colour says again what the word says: with sales, bought or buying, or set aside. A lead is the ordinary case and has none.
const tone: Record<Exclude<Stage, 'lead'>, string> = { mql: 'blue', accepted: 'blue', sql: 'blue', opportunity: 'green', customer: 'green', recycled: 'gray', disqualified: 'gray' }

export const stageName = (stage: Stage, of: 'contact' | 'account' = 'contact') => (of === 'account' && stage === 'mql' ? t.mqa : t.stages[stage])

export function StageWord({ stage, of = 'contact' }: { stage: Stage; of?: 'contact' | 'account' }) {
  if (stage === 'lead') return stageName(stage, of)
  return (
    <span className="stage" data-tone={tone[stage]}>
      {stageName(stage, of)}
    </span>
  )
}

/** A stage where it stands alone, with what it means. */
export const StageExplained = ({ stage, of = 'contact' }: { stage: Stage; of?: 'contact' | 'account' }) => (
  <span className="term">
    <StageWord stage={stage} of={of} />
    <Help name={of === 'account' && stage === 'mql' ? 'mqa' : stage} />
  </span>
)

/** Since when something stands in its stage and why, where that is known. */
export function StageSince({ x }: { x: Explanation | undefined }) {
  if (!x?.stage_reason) return null
  return (
    <Text size="sm" c="dimmed">
      {x.stage_at && <>{t.since} <time dateTime={x.stage_at}>{day(x.stage_at)}</time>: </>}
      {because(x.stage_reason)}
    </Text>
  )
}

export const roleName = (role: string) => t.roles[role] ?? role.replaceAll('_', ' ')

/** A field's name in words: economic_buyer is "Economic buyer". */
export const inWords = (name: string) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ')

export function GradeWord({ fit, grade }: { fit: boolean; grade: string }) {
  return fit ? <b>{grade || t.fits.yes}</b> : <span className="whole">{t.fits.no}</span>
}

/** An address as one reads it: the path alone of a website's own pages, whose host says nothing; "docs.acme.com/x" keeps its host. */
export const placeText = (place: string) => /^(?:https?:\/\/)?(?:www\.[^/\s]+|[^./\s]+\.[^./\s]+)(\/.+)$/.exec(place)?.[1] ?? place

/** Where something happened; the whole address is its title. */
export const Where = ({ place }: { place: string }) => (
  <span className="where" title={place}>
    {placeText(place)}
  </span>
)

export const stageChoices = Object.entries(t.stages).map(([value, label]) => ({ value, label }))
export const fitChoices = [
  { value: 'true', label: t.fits.yes },
  { value: 'false', label: t.fits.no },
]
export const gradeChoices = ['A', 'B', 'C', 'D'].map((g) => ({ value: g, label: `${t.columns.grade} ${g}` }))
export const roleChoices = Object.entries(t.roles).map(([value, label]) => ({ value, label }))
