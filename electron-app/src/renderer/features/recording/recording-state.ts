// The states of a recording, what can happen in them, and what is to be done about it.

import type { AppError, DictationEvent, Receipt } from '../../../shared/ipc'
import type { Edge } from '../../audio/chime'
import type { RecordingError } from '../../audio/errors'
import type { MicEvent } from '../../audio/microphone'
import type { Dictation, Take } from './dictation'

export type LivePhase = 'arming' | 'recording' | 'draining' | 'transcribing' | 'polishing'

/** Where the audio of a dictation is that became no text. */
export type AudioFate =
  /** In the page; `retry` hands it over. */
  | 'held'
  /** With the host, among the interrupted recordings. */
  | 'kept'
  | 'none'

export interface Live {
  readonly kind: LivePhase
  readonly dictation: Dictation
}

export type RecordingState =
  | { readonly kind: 'idle' }
  | Live
  | {
      readonly kind: 'done'
      readonly outcome: 'done' | 'nothing-said'
      readonly dictation: Dictation
    }
  | {
      readonly kind: 'error'
      readonly error: RecordingError
      readonly audio: AudioFate
      readonly dictation: Dictation
    }
  | {
      readonly kind: 'cancelled'
      readonly why: 'asked' | 'nothing-recorded'
      readonly dictation: Dictation
    }

export type Phase = RecordingState['kind']

export type RecordingEvent =
  | { readonly kind: 'start'; readonly take: Take; readonly isPrivate: boolean }
  | { readonly kind: 'stop' }
  | { readonly kind: 'cancel'; readonly keep: boolean }
  /** After an error; `take` is the name of the new try. */
  | { readonly kind: 'retry'; readonly take: Take }
  | { readonly kind: 'dismiss' }
  /** Use the raw text: do not wait for its polish, or insert it after the polished one. */
  | { readonly kind: 'insert-raw' }
  | { readonly kind: 'copy' }
  | { readonly kind: 'microphone'; readonly take: Take; readonly event: MicEvent }
  /** The tail was recorded, and the last chunk has left. */
  | { readonly kind: 'drained'; readonly take: Take }
  /** The host did not take the dictation, or not its end. */
  | {
      readonly kind: 'refused'
      readonly take: Take
      readonly call: 'open' | 'stop'
      readonly error: AppError
    }
  | { readonly kind: 'host'; readonly take: Take; readonly event: DictationEvent }
  | { readonly kind: 'placed'; readonly take: Take; readonly receipt: Receipt }

export type Effect =
  | {
      readonly kind: 'open-microphone' | 'finish-microphone' | 'release-microphone'
      readonly take: Take
    }
  | { readonly kind: 'open-dictation'; readonly take: Take; readonly isPrivate: boolean }
  | { readonly kind: 'stop-dictation' | 'skip-polish' | 'forget'; readonly take: Take }
  | { readonly kind: 'cancel-dictation'; readonly take: Take; readonly keep: boolean }
  /** A new dictation of the audio that a refused one holds; nothing will be added to it. */
  | {
      readonly kind: 'resend'
      readonly from: Take
      readonly take: Take
      readonly isPrivate: boolean
    }
  | { readonly kind: 'insert' | 'copy'; readonly take: Take; readonly text: string }
  | { readonly kind: 'chime'; readonly take: Take; readonly edge: Edge }

export interface Step {
  readonly state: RecordingState
  readonly effects: readonly Effect[]
}

export const IDLE: RecordingState = { kind: 'idle' }

/** Whether the microphone is open, or about to be. */
export function isHearing(phase: Phase): boolean {
  return phase === 'arming' || phase === 'recording' || phase === 'draining'
}

/** Whether a dictation is under way. */
export function isLive(state: RecordingState): state is Live {
  return isHearing(state.kind) || state.kind === 'transcribing' || state.kind === 'polishing'
}
