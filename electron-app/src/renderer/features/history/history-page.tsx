import { useEffect, useState } from 'react'
import type { EntryId } from '../../../shared/protocol'
import { formatDay, t } from '../../i18n'
import { useApp, useReadable, useSidecarStatus } from '../../store'
import { Button, Confirm } from '../../ui'
import { ErrorCard } from '../errors'
import { groupByDay } from './days'
import { EntryItem, type Opening } from './entry-item'
import { InterruptedRecordings } from './interrupted'
import { NoEntries } from './no-entries'
import { SelectionBar } from './selection-bar'
import { Toolbar } from './toolbar'
import { useEntryActions } from './use-entry-actions'
import { useFocusAfterRemoval } from './use-focus-after-removal'
import './history.css'

export function HistoryPage() {
  const { history } = useApp()
  const view = useReadable(history)
  const actions = useEntryActions()
  const [opened, setOpened] = useState<{ entry: EntryId; opening: Opening } | null>(null)
  const [selected, setSelected] = useState<readonly EntryId[]>([])
  const [doomed, setDoomed] = useState<readonly EntryId[]>([])
  useLoadedHistory()
  const keepFocus = useFocusAfterRemoval(view.entries)

  const { entries, filter, total, isLoading, error, busy } = view
  const isTrash = filter.show === 'trash'
  const select = (entry: EntryId, isSelected: boolean) =>
    setSelected((others) =>
      isSelected ? [...others, entry] : others.filter((other) => other !== entry),
    )
  const removeNow = (gone: readonly EntryId[]) => {
    keepFocus(entries, gone)
    actions.remove(gone)
    setSelected((others) => others.filter((other) => !gone.includes(other)))
  }
  const remove = isTrash ? setDoomed : removeNow
  // In the order of the list, and without those that another search has put out of sight.
  const chosen = entries.map(({ entry }) => entry).filter((entry) => selected.includes(entry))

  return (
    <div className="page">
      <h1>{t('history.title')}</h1>
      <InterruptedRecordings />
      {chosen.length > 0 ? (
        <SelectionBar
          chosen={chosen}
          isTrash={isTrash}
          onRemove={() => remove(chosen)}
          onRestore={() => actions.restore(chosen)}
          onClear={() => setSelected([])}
        />
      ) : (
        <Toolbar />
      )}
      {error ? <ErrorCard error={error} onRetry={() => void history.reload()} /> : null}
      {groupByDay(entries).map((day) => (
        <section key={day.startMs}>
          <h2 className="day">{formatDay(day.startMs, Date.now())}</h2>
          <ul>
            {day.entries.map((entry) => (
              <EntryItem
                key={entry.entry}
                entry={entry}
                query={filter.query}
                opening={opened?.entry === entry.entry ? opened.opening : 'closed'}
                isSelected={selected.includes(entry.entry)}
                isBusy={busy.has(entry.entry)}
                share={busy.get(entry.entry) ?? null}
                actions={{ ...actions, remove }}
                onOpen={(opening) => setOpened({ entry: entry.entry, opening })}
                onSelect={(isSelected) => select(entry.entry, isSelected)}
              />
            ))}
          </ul>
        </section>
      ))}
      {entries.length === 0 && !isLoading && !error ? <NoEntries /> : null}
      {entries.length < total ? (
        <Button disabled={isLoading} onClick={() => void history.more()}>
          {t('history.more')}
        </Button>
      ) : null}
      {doomed.length > 0 ? (
        <Confirm
          title={t('history.for-good-title', { count: doomed.length })}
          text={t('history.for-good-text')}
          confirm={t('history.for-good')}
          onConfirm={() => removeNow(doomed)}
          onClose={() => setDoomed([])}
        />
      ) : null}
    </div>
  )
}

/** Read when the page is opened, and again when the sidecar comes back. */
function useLoadedHistory(): void {
  const { history, recordings } = useApp()
  const { state } = useSidecarStatus()
  useEffect(() => {
    if (state !== 'ready') return
    void history.reload()
    recordings.load().catch(() => undefined)
  }, [history, recordings, state])
}
