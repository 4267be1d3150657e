import type { HistoryVersion } from '../../../shared/protocol'
import { engineName, formatDateTime, t } from '../../i18n'
import { Button } from '../../ui'

interface VersionsProps {
  readonly versions: readonly HistoryVersion[]
  readonly onUse: (text: string) => void
}

/** The texts that an entry had, newest first. */
export function Versions({ versions, onUse }: VersionsProps) {
  if (versions.length === 0) return null
  return (
    <details className="versions">
      <summary>{t('history.versions', { count: versions.length })}</summary>
      <ol>
        {versions.toReversed().map((version) => (
          <li key={`${version.created_ms}-${version.source}`}>
            <p className="muted small">{origin(version)}</p>
            <p>{version.text}</p>
            <Button onClick={() => onUse(version.text)}>{t('history.use-version')}</Button>
          </li>
        ))}
      </ol>
    </details>
  )
}

function origin({ source, engine = '', created_ms }: HistoryVersion): string {
  const time = formatDateTime(created_ms)
  switch (source) {
    case 'recognised':
      return t('history.version.recognised', { engine: engineName(engine), time })
    case 'polished':
      return t('history.version.polished', { time })
    case 'edited':
      return t('history.version.edited', { time })
  }
}
