// The text as it was heard: every segment with its time, every word with its sound.

import type { MouseEvent } from 'react'
import type { Segment } from '../../../shared/protocol'
import { formatDuration, t } from '../../i18n'
import { locateWords, type Span } from './locate-words'
import type { Player } from './use-player'

interface TranscriptProps {
  readonly segments: readonly Segment[]
  readonly language: string | undefined
  readonly player: Player
}

export function Transcript({ segments, language, player }: TranscriptProps) {
  return (
    <ol className="transcript" lang={language}>
      {segments.map((segment) => (
        <li key={`${segment.start_ms}-${segment.text}`} className="segment">
          <button
            type="button"
            className="segment-time"
            aria-label={t('history.play-from', { time: formatDuration(segment.start_ms) })}
            onClick={() => player.playFrom(segment.start_ms)}
          >
            {formatDuration(segment.start_ms)}
          </button>
          <SegmentText segment={segment} player={player} />
        </li>
      ))}
    </ol>
  )
}

function SegmentText({ segment, player }: { segment: Segment; player: Player }) {
  const onClick = (event: MouseEvent) => {
    const word = event.target instanceof HTMLElement ? event.target.dataset['startMs'] : undefined
    if (word !== undefined) player.playFrom(Number(word))
  }
  const isNow = ({ word }: Span) =>
    word !== null &&
    player.isPlaying &&
    word.start_ms <= player.positionMs &&
    player.positionMs < word.end_ms
  return (
    // Words are no buttons, so that text can be selected across them.
    // biome-ignore lint/a11y/useKeyWithClickEvents: the segment's button does it by keyboard
    <p onClick={onClick}>
      {locateWords(segment).map((span) =>
        span.word === null ? (
          span.text
        ) : (
          <span
            key={span.at}
            className={isNow(span) ? 'word word-now' : 'word'}
            data-start-ms={span.word.start_ms}
          >
            {span.text}
          </span>
        ),
      )}
    </p>
  )
}
