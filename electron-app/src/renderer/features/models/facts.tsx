import { formatList, formatNumber, languageName, t } from '../../i18n'

/** What there is to know, in one line that wraps between facts. */
export function Facts({ facts }: { facts: readonly string[] }) {
  return (
    <p className="model-facts">
      {facts.map((fact) => (
        <span key={fact}>{fact}</span>
      ))}
    </p>
  )
}

/** How quick it is here; nothing where that was not measured. */
export function Speed({ rtf }: { rtf: number | undefined }) {
  if (rtf === undefined) return null
  const shown = formatNumber(rtf, 2)
  return (
    <span className="tag" title={t('models.speed-hint', { rtf: shown })}>
      {t('models.speed', { rtf: shown })}
    </span>
  )
}

/** More than this are behind a click. */
const FEW = 4

export function Languages({ tags, none }: { tags: readonly string[]; none: string }) {
  if (tags.length === 0) return <p className="small muted">{none}</p>
  const names = tags.map(languageName)
  if (tags.length <= FEW) return <p className="small muted">{formatList(names)}</p>
  return (
    <details className="small muted">
      <summary>
        {t('models.languages', { count: tags.length })}: {formatList(names.slice(0, FEW))} …
      </summary>
      {formatList(names.slice(FEW))}
    </details>
  )
}
