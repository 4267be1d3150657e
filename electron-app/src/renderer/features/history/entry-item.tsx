import type { HistoryEntry } from '../../../shared/protocol'
import { engineName, formatDuration, formatTime, t } from '../../i18n'
import { Button, IconButton, ProgressBar } from '../../ui'
import { ChevronIcon, CopyIcon, PlayIcon, StarIcon, TrashIcon } from '../../ui/icons'
import { EntryDetails } from './entry-details'
import { Highlight } from './highlight'
import type { EntryActions } from './use-entry-actions'

/** Closed, open, or open and playing from the start. */
export type Opening = 'closed' | 'open' | 'playing'

interface EntryItemProps {
  readonly entry: HistoryEntry
  readonly query: string
  readonly opening: Opening
  readonly isSelected: boolean
  readonly isBusy: boolean
  /** How far that is, from 0 to 1; null where it is not known. */
  readonly share: number | null
  readonly actions: EntryActions
  readonly onOpen: (opening: Opening) => void
  readonly onSelect: (isSelected: boolean) => void
}

export function EntryItem(props: EntryItemProps) {
  const { entry, query, opening, isSelected, isBusy, share, actions, onOpen, onSelect } = props
  const isOpen = opening !== 'closed'
  const time = formatTime(entry.created_ms)
  return (
    <li className="entry" data-entry={entry.entry}>
      <input
        type="checkbox"
        className="check"
        aria-label={t('history.select', { time })}
        checked={isSelected}
        onChange={(event) => onSelect(event.target.checked)}
      />
      <button
        type="button"
        className="entry-open"
        aria-expanded={isOpen}
        onClick={() => onOpen(isOpen ? 'closed' : 'open')}
      >
        <span className="entry-facts">
          <ChevronIcon />
          <span>{time}</span>
          <span>{formatDuration(entry.duration_ms)}</span>
          <span className="entry-engine">{engineName(entry.engine)}</span>
        </span>
        {isOpen ? null : (
          <span className="entry-line" lang={entry.language}>
            <Highlight text={entry.match ?? entry.text} query={query} />
          </span>
        )}
      </button>
      <EntryButtons {...props} />
      {isBusy ? (
        <div className="entry-wide work-line">
          <ProgressBar label={t('history.again-running')} share={share} />
          <Button onClick={() => actions.stopAgain(entry.entry)}>{t('history.stop')}</Button>
        </div>
      ) : null}
      {isOpen ? <EntryDetails {...props} key={entry.entry} /> : null}
    </li>
  )
}

function EntryButtons({ entry, opening, actions, onOpen }: EntryItemProps) {
  return (
    <span className="entry-buttons">
      {entry.has_audio && opening === 'closed' ? (
        <IconButton label={t('history.play')} onClick={() => onOpen('playing')}>
          <PlayIcon />
        </IconButton>
      ) : null}
      <IconButton label={t('history.copy')} onClick={() => actions.copy(entry.text)}>
        <CopyIcon />
      </IconButton>
      <IconButton
        label={t('history.star')}
        aria-pressed={entry.starred}
        onClick={() => actions.star(entry)}
      >
        <StarIcon filled={entry.starred} />
      </IconButton>
      <IconButton label={t('common.delete')} onClick={() => actions.remove([entry.entry])}>
        <TrashIcon />
      </IconButton>
    </span>
  )
}
