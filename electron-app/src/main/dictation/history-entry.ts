// What the history is told of a dictation or a recording, so that it fits into one message.

import { encode } from '@msgpack/msgpack'
import {
  type HistoryAddParams,
  type HistoryPart,
  LIMITS,
  type TranscribeResult,
} from '../../shared/protocol'

// For the envelope, and for what a codec may do otherwise than ours.
const MOST_BYTES = LIMITS.max_header_bytes - 4096

/** The same without words, or without segments, where it would be too large with them. */
export function fitting(entry: HistoryAddParams): HistoryAddParams {
  if (fits(entry)) return entry
  const { segments = [], ...rest } = entry
  const wordless = { ...rest, segments: segments.map((segment) => ({ ...segment, words: [] })) }
  return fits(wordless) ? wordless : rest
}

/** What was heard in recordings of the journal, as an entry. */
export function entryOf(heard: TranscribeResult, parts: readonly HistoryPart[]): HistoryAddParams {
  return fitting({
    text: heard.text,
    segments: heard.segments,
    ...(heard.language !== undefined && { language: heard.language }),
    engine: heard.engine,
    duration_ms: heard.timings.audio_ms,
    parts,
  })
}

function fits(entry: HistoryAddParams): boolean {
  return encode(entry, { ignoreUndefined: true }).length <= MOST_BYTES
}
