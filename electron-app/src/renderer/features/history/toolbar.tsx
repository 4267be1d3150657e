import { useEffect, useState } from 'react'
import { t } from '../../i18n'
import { useApp, useReadable } from '../../store'
import type { HistoryFilter } from '../../store/history'
import { SearchIcon } from '../../ui/icons'

/** Long enough for the next letter, short enough to feel at once. */
const TYPING_MS = 120

const SHOWN: readonly HistoryFilter['show'][] = ['all', 'starred', 'trash']

export function Toolbar() {
  const { history } = useApp()
  const { filter, total, isLoading, error } = useReadable(history)
  return (
    <div className="toolbar">
      <SearchField query={filter.query} />
      <fieldset className="tabs" aria-label={t('history.show')}>
        {SHOWN.map((show) => (
          <label key={show} className="tab">
            <input
              type="radio"
              name="history-show"
              checked={filter.show === show}
              onChange={() => void history.show({ show })}
            />
            <span>{t(`history.${show}`)}</span>
          </label>
        ))}
      </fieldset>
      <p className="muted small toolbar-count" role="status">
        {error || (isLoading && total === 0) ? '' : t('history.found', { count: total })}
      </p>
    </div>
  )
}

function SearchField({ query }: { query: string }) {
  const { history } = useApp()
  const [typed, setTyped] = useState(query)
  // What is sought may change elsewhere, too: the empty state has a button that clears it.
  useEffect(() => setTyped(query), [query])
  useEffect(() => {
    if (typed === history.get().filter.query) return
    const timer = setTimeout(() => void history.show({ query: typed }), TYPING_MS)
    return () => clearTimeout(timer)
  }, [history, typed])
  return (
    <div className="search">
      <SearchIcon />
      <input
        type="search"
        className="input"
        aria-label={t('history.search')}
        placeholder={t('history.search')}
        maxLength={256}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </div>
  )
}
