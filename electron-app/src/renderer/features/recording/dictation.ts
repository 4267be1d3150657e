// What is known of one dictation, and how it grows with what the host tells.

import type { AppError, DictationEvent, Receipt } from '../../../shared/ipc'
import type { EntryId } from '../../../shared/protocol'
import type { RecordingError } from '../../audio/errors'

/** Names a dictation within the page; rises with each. The host's name comes later. */
export type Take = number

export type MicWarning =
  | { readonly kind: 'silent' }
  | { readonly kind: 'lost' }
  | { readonly kind: 'restored'; readonly label: string }
  /** It failed while recording: what was said until then is made text. */
  | { readonly kind: 'failed'; readonly error: RecordingError }

export interface Dictation {
  readonly take: Take
  readonly isPrivate: boolean
  /** Never taken back, but by a sidecar that has lost some of it. */
  readonly committed: string
  /** May still change. */
  readonly tentative: string
  /** All that was said, as it was heard; null until it is known. */
  readonly raw: string | null
  readonly polished: string | null
  /** False where an engine failed on some of what was said: the text lacks it. */
  readonly isComplete: boolean
  /** Somebody was heard speaking. */
  readonly isHeard: boolean
  /** Where the sidecar is; while it is not there, the host keeps the audio for it. */
  readonly link: 'opening' | 'open' | 'away'
  /** How far the text is behind what was said. */
  readonly lagMs: number
  readonly warning: MicWarning | null
  readonly trouble: AppError | null
  readonly unpolished: AppError | null
  readonly unsaved: AppError | null
  readonly receipt: Receipt | null
  readonly entry: EntryId | null
  /** What the engine has to say, in English, and has not said before. */
  readonly notices: readonly string[]
}

export function beginDictation(take: Take, isPrivate: boolean): Dictation {
  return {
    take,
    isPrivate,
    committed: '',
    tentative: '',
    raw: null,
    polished: null,
    isComplete: true,
    isHeard: false,
    link: 'opening',
    lagMs: 0,
    warning: null,
    trouble: null,
    unpolished: null,
    unsaved: null,
    receipt: null,
    entry: null,
    notices: [],
  }
}

/** The text as far as it is known: the polished one, else the raw one, else what is committed. */
export function textOf({ polished, raw, committed }: Dictation): string {
  return polished ?? raw ?? committed
}

export function withHostEvent(dictation: Dictation, event: DictationEvent): Dictation {
  switch (event.kind) {
    case 'opened':
      return { ...dictation, link: 'open' }
    case 'commit':
      return commit(dictation, event.text, event.offset)
    case 'partial':
      return dictation.raw === null ? { ...dictation, tentative: event.text } : dictation
    case 'lag':
      return { ...dictation, lagMs: event.lagMs }
    case 'interrupted':
      return { ...dictation, link: 'away' }
    case 'resumed':
      return { ...dictation, link: 'open', committed: event.text, tentative: '' }
    case 'trouble':
      return { ...dictation, trouble: event.error }
    case 'final':
      return { ...dictation, raw: event.text, tentative: '', notices: event.notices }
    case 'incomplete':
      return { ...dictation, isComplete: false }
    case 'polished':
      return { ...dictation, polished: event.text }
    case 'unpolished':
      return { ...dictation, unpolished: event.error }
    case 'inserted':
      return { ...dictation, receipt: event.receipt }
    case 'saved':
      return { ...dictation, entry: event.entry }
    case 'unsaved':
      return { ...dictation, unsaved: event.error }
    case 'speech':
      return { ...dictation, isHeard: true }
    case 'transcribing':
    // What a language model has written so far is neither raw nor trusted.
    case 'polishing':
    case 'ended':
      return dictation
    default:
      return never(event)
  }
}

/** Appends what is new of it: after a restart of the sidecar a part may be told again. */
function commit(dictation: Dictation, text: string, offset: number): Dictation {
  if (dictation.raw !== null) return dictation
  const { committed, tentative } = dictation
  const known = Math.max(0, codePoints(committed) - offset)
  const news = [...text].slice(known).join('')
  // What stays of the tentative text is shown on, or the line would jump until the next partial.
  const rest = tentative.startsWith(news) ? tentative.slice(news.length) : ''
  return { ...dictation, isHeard: true, committed: committed + news, tentative: rest }
}

/** Offsets count code points; JavaScript's length counts some characters twice. */
function codePoints(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}

export function never(value: never): never {
  throw new Error(`no case for ${JSON.stringify(value)}`)
}
