import type { EngineCaps, EngineInfo } from '../../../shared/protocol'
import { engineName, t } from '../../i18n'
import { Languages, Speed } from './facts'
import { UseEngineButton } from './use-engine-button'

interface BuiltinCardProps {
  readonly engine: EngineInfo
  readonly rtf: number | undefined
}

/** An engine that no model of the catalogue stands behind. */
export function BuiltinCard({ engine: { id, caps }, rtf }: BuiltinCardProps) {
  return (
    <article className="card">
      <div className="model-head">
        <h2>{engineName(id)}</h2>
        <span className="tag">{t('models.builtin')}</span>
        {caps?.partials ? (
          <span className="tag tag-accent" title={t('models.streaming-hint')}>
            {t('models.streaming')}
          </span>
        ) : null}
        <Speed rtf={rtf} />
      </div>
      {caps ? <Languages tags={caps.languages} none={t('models.languages-any')} /> : null}
      <p className="small muted">{noticeOf(id, caps)}</p>
      <div className="model-actions">
        <UseEngineButton engine={id} />
      </div>
    </article>
  )
}

/** Engines give their notice in English; that of our own is known in every language. */
function noticeOf(id: string, caps: EngineCaps | undefined): string {
  if (id === 'builtin') return t('models.builtin-notice')
  return caps?.notice || t('models.builtin-text')
}
