import { useEffect, useRef, useState } from 'react'
import type { HistoryEntry, HistoryGetResult } from '../../../shared/protocol'
import { t } from '../../i18n'
import { useApp } from '../../store'
import { Button } from '../../ui'
import { useComplain } from '../errors'
import { AgainDialog, ExportDialog } from './dialogs'
import { EditText } from './edit-text'
import type { Opening } from './entry-item'
import { Highlight } from './highlight'
import { PlayerBar } from './player-bar'
import { Transcript } from './transcript'
import type { EntryActions } from './use-entry-actions'
import { usePlayer } from './use-player'
import { Versions } from './versions'

interface EntryDetailsProps {
  readonly entry: HistoryEntry
  readonly query: string
  readonly opening: Opening
  readonly actions: EntryActions
}

type Mode = 'reading' | 'editing' | 'choosing-engine' | 'exporting'

export function EntryDetails({ entry, query, opening, actions }: EntryDetailsProps) {
  const [mode, setMode] = useState<Mode>('reading')
  const complain = useComplain()
  const details = useDetails(entry, complain)
  const player = usePlayer(entry.entry, complain)
  usePlayAtOnce(opening, () => player.playFrom(0))
  const close = () => setMode('reading')
  const save = (text: string) => {
    close()
    actions.edit(entry.entry, text)
  }
  const segments = details?.segments ?? []
  return (
    <div className="entry-wide entry-details">
      {mode === 'editing' ? (
        <EditText text={entry.text} onSave={save} onCancel={close} />
      ) : (
        <p className="entry-text" lang={entry.language}>
          <Highlight text={entry.text} query={query} />
        </p>
      )}
      {entry.has_audio ? (
        <PlayerBar player={player} durationMs={entry.duration_ms} />
      ) : (
        <p className="muted small">{t('history.no-audio')}</p>
      )}
      <p className="row">
        {mode === 'editing' ? null : (
          <Button onClick={() => setMode('editing')}>{t('history.edit')}</Button>
        )}
        {entry.has_audio ? (
          <Button onClick={() => setMode('choosing-engine')}>{t('history.again')}</Button>
        ) : null}
        <Button onClick={() => setMode('exporting')}>{t('history.export')}</Button>
        {entry.trashed ? (
          <Button onClick={() => actions.restore([entry.entry])}>{t('history.restore')}</Button>
        ) : null}
      </p>
      {entry.has_audio && segments.length > 0 ? (
        <section className="heard">
          <h3>{t('history.heard')}</h3>
          <p className="muted small">{t('history.heard-hint')}</p>
          <Transcript segments={segments} language={entry.language} player={player} />
        </section>
      ) : null}
      {details ? (
        <Versions
          versions={details.versions.filter((version) => version.text !== entry.text)}
          onUse={(text) => actions.edit(entry.entry, text)}
        />
      ) : null}
      {mode === 'choosing-engine' ? (
        <AgainDialog
          engine={entry.engine}
          onAgain={(engine) => actions.again(entry.entry, engine)}
          onClose={close}
        />
      ) : null}
      {mode === 'exporting' ? <ExportDialog entries={[entry.entry]} onClose={close} /> : null}
    </div>
  )
}

/** Segments and versions of the entry, read again whenever it changes. */
function useDetails(entry: HistoryEntry, onFailure: (reason: unknown) => void) {
  const { api } = useApp()
  const [details, setDetails] = useState<HistoryGetResult | null>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the entry is another object once it changes
  useEffect(() => {
    let isCurrent = true
    const set = (result: HistoryGetResult) => isCurrent && setDetails(result)
    api.history.get(entry.entry).then(set, onFailure)
    return () => {
      isCurrent = false
    }
  }, [api, entry])
  return details
}

function usePlayAtOnce(opening: Opening, play: () => void): void {
  const latest = useRef(play)
  latest.current = play
  useEffect(() => {
    if (opening === 'playing') latest.current()
  }, [opening])
}
