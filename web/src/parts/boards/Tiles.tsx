// The headline figures: each a number that opens to its rule and to what stands behind it, and a sentence that says what it means.
import type { Tile } from '../../api/boards'
import type { Params } from '../../api/client'
import { b } from '../../strings.boards'
import { BehindDeals, BehindLeads } from '../measure/Behind'
import { Figure } from '../measure/Figure'
import { said, verdictOf } from '../measure/figures'
import { Place } from './Place'

export function Tiles({ tiles, params }: { tiles: readonly Tile[]; params: Params }) {
  return (
    <dl className="cards roomy tiles">
      {tiles.map((t) => (
        <div key={t.id} className="card" data-tile={t.id}>
          <dt>{t.label}</dt>
          <dd>
            <Figure f={t.figure} id={`tile/${t.id}`} label={t.label} big behind={<Behind tile={t} params={params} />} />
            <p className={['says', verdictOf(t.figure)?.tone].filter(Boolean).join(' ')}>{said(t.title)}.</p>
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Behind({ tile, params }: { tile: Tile; params: Params }) {
  return (
    <div className="behind-tile">
      {tile.compared && (
        <p>
          {b.beside}: {said(tile.compared.words)}.
        </p>
      )}
      {tile.why && (
        <p>
          {b.why}: {tile.why}.
        </p>
      )}
      {tile.link && (
        <p>
          <Place link={tile.link}>{b.open}</Place>
        </p>
      )}
      {tile.behind === 'leads' && <BehindLeads params={params} />}
      {(tile.behind === 'won' || tile.behind === 'opened') && <BehindDeals params={tile.behind === 'won' ? { ...params, status: 'won' } : params} />}
    </div>
  )
}
