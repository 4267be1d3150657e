// What happens to the text of a dictation once it is final: it is polished, inserted and kept.
//
// Its recordings stay in the journal until the history has the text, so that a crash in between
// costs nothing.

import type { DictationEvent, Receipt } from '../../shared/ipc'
import type {
  EngineId,
  HistoryAddParams,
  HistoryPart,
  Preferences,
  Segment,
} from '../../shared/protocol'
import { SidecarError } from '../sidecar/errors'
import { fitting } from './history-entry'
import { discard } from './links'
import type { DictationParts } from './parts'
import { polish } from './polish'
import { unlessCancelled } from './waiting'

/** A dictation that came to its end. */
export interface Heard {
  readonly text: string
  readonly segments: readonly Segment[]
  readonly engine: EngineId
  readonly language: string | null
  readonly notices: readonly string[]
  readonly audioMs: number
  readonly hasSpeech: boolean
  /** Whether an engine made text of all of it. */
  readonly isComplete: boolean
  /** The recordings that hold its audio. */
  readonly parts: readonly HistoryPart[]
}

export interface FinishParts extends DictationParts {
  readonly chosen: Preferences
  readonly isPrivate: boolean
  /** Settles when the texts of all dictations before this one are where they belong. */
  readonly turn: Promise<void>
  readonly cancelled: AbortSignal
  readonly skipped: AbortSignal
  readonly tell: (event: DictationEvent) => void
}

/** Never rejects for anything that is known to go wrong: events tell it. */
export async function finish(
  heard: Heard,
  parts: FinishParts,
): Promise<'done' | 'nothing-said' | 'cancelled'> {
  parts.tell({ kind: 'final', text: heard.text, notices: heard.notices })
  if (!heard.isComplete) parts.tell({ kind: 'incomplete' })
  if (heard.text === '') return nothingSaid(heard, parts)
  const text = await polish(heard, parts)
  await unlessCancelled(parts.turn, parts.cancelled)
  if (parts.cancelled.aborted) return 'cancelled'
  await Promise.all([insert(text, parts), keep(heard, text, parts)])
  return 'done'
}

/** The detector may be wrong: what it took for speech stays, to be heard again. */
function nothingSaid(heard: Heard, parts: FinishParts): 'nothing-said' {
  if (!heard.hasSpeech) letGo(heard, parts)
  return 'nothing-said'
}

/** Whatever goes wrong here costs the text nothing but its insertion. */
async function insert(text: string, parts: FinishParts): Promise<void> {
  const { inserter, chosen, tell, toAppError } = parts
  const receipt = await inserter.insert(text, chosen).catch((error: unknown): Receipt => {
    return { kind: 'failed', error: toAppError(error, 'insert') }
  })
  tell({ kind: 'inserted', receipt })
}

async function keep(heard: Heard, text: string, parts: FinishParts): Promise<void> {
  if (parts.isPrivate) return
  if (!parts.chosen.keep_history) {
    if (heard.isComplete) letGo(heard, parts) // else it is all there is of what is missing
    return
  }
  const { saver, tell, toAppError } = parts
  try {
    const { entry, hasItsAudio } = await saver.save(entryOf(heard, text))
    if (!hasItsAudio) tell({ kind: 'trouble', error: toAppError(noAudio(), 'history.add') })
    tell({ kind: 'saved', entry })
  } catch (error) {
    tell({ kind: 'unsaved', error: toAppError(error, 'history.add') })
  }
}

function entryOf(heard: Heard, text: string): HistoryAddParams {
  return fitting({
    text,
    ...(text !== heard.text && { raw_text: heard.text }),
    segments: heard.segments,
    ...(heard.language !== null && { language: heard.language }),
    engine: heard.engine,
    duration_ms: Math.round(heard.audioMs),
    ...(heard.parts.length > 0 && { parts: heard.parts }),
  })
}

function letGo({ parts }: Heard, { supervisor, later }: FinishParts): void {
  later(
    discard(
      supervisor,
      parts.map((part) => part.recording),
    ),
  )
}

function noAudio(): SidecarError {
  const message = 'The text is in the history without its audio, which the journal has no more.'
  return new SidecarError('NO_SESSION', message)
}
