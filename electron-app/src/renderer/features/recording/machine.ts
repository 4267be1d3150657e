// One dictation at a time, from the press to its end: what each event does in each state.
// Pure: what is to be done comes out as effects, which recorder.ts runs.

import type { AppError, DictationEvent } from '../../../shared/ipc'
import type { MicEvent } from '../../audio/microphone'
import {
  beginDictation,
  type Dictation,
  type MicWarning,
  never,
  type Take,
  textOf,
  withHostEvent,
} from './dictation'
import {
  type Effect,
  IDLE,
  isHearing,
  isLive,
  type Live,
  type LivePhase,
  type RecordingEvent,
  type RecordingState,
  type Step,
} from './recording-state'

export function step(state: RecordingState, event: RecordingEvent): Step {
  switch (event.kind) {
    case 'start':
      return start(state, event.take, event.isPrivate)
    case 'stop':
      return stop(state)
    case 'cancel':
      return cancel(state, event.keep)
    case 'retry':
      return retry(state, event.take)
    case 'dismiss':
      return dismiss(state)
    case 'insert-raw':
      return insertRaw(state)
    case 'copy':
      return copy(state)
    default:
      // What is late and of an older dictation must not touch this one.
      if (state.kind === 'idle' || state.dictation.take !== event.take) return stay(state)
      return hear(state, event)
  }
}

type Heard = Extract<
  RecordingEvent,
  { kind: 'microphone' | 'drained' | 'refused' | 'host' | 'placed' }
>
type Known = Exclude<RecordingState, { kind: 'idle' }>

function hear(state: Known, event: Heard): Step {
  switch (event.kind) {
    case 'microphone':
      return isHearing(state.kind) && isLive(state)
        ? hearMicrophone(state, event.event)
        : stay(state)
    case 'drained':
      return state.kind === 'draining' ? drained(state) : stay(state)
    case 'refused':
      return isLive(state) ? refused(state, event.call, event.error) : stay(state)
    case 'host':
      if (isLive(state)) return hearHost(state, event.event)
      return state.kind === 'cancelled' ? overtaken(state, event.event) : stay(state)
    case 'placed':
      return {
        state: { ...state, dictation: { ...state.dictation, receipt: event.receipt } },
        effects: [],
      }
    default:
      return never(event)
  }
}

function stay(state: RecordingState): Step {
  return { state, effects: [] }
}

function start(state: RecordingState, take: Take, isPrivate: boolean): Step {
  // Held audio would be lost: it is sent or dismissed first.
  if (isLive(state) || (state.kind === 'error' && state.audio === 'held')) return stay(state)
  return {
    state: { kind: 'arming', dictation: beginDictation(take, isPrivate) },
    effects: [
      ...forget(state),
      // Both at once: what the microphone hears before the dictation is open waits for it.
      { kind: 'open-microphone', take },
      { kind: 'open-dictation', take, isPrivate },
    ],
  }
}

function forget(state: RecordingState): readonly Effect[] {
  return state.kind === 'idle' ? [] : [{ kind: 'forget', take: state.dictation.take }]
}

function stop(state: RecordingState): Step {
  if (state.kind === 'arming')
    return end(state, { kind: 'cancelled', why: 'nothing-recorded' }, false)
  if (state.kind !== 'recording') return stay(state)
  const { dictation } = state
  return {
    state: { kind: 'draining', dictation },
    effects: [{ kind: 'finish-microphone', take: dictation.take }],
  }
}

function cancel(state: RecordingState, keep: boolean): Step {
  return isLive(state) ? end(state, { kind: 'cancelled', why: 'asked' }, keep) : stay(state)
}

type Unsaid<T> = T extends unknown ? Omit<T, 'dictation'> : never
type Ending = Unsaid<Extract<RecordingState, { kind: 'done' | 'error' | 'cancelled' }>>

/** Ends it from this side: the host is told, too. */
function end(state: Live, ending: Ending, keep: boolean): Step {
  const { take } = state.dictation
  return {
    state: { ...ending, dictation: state.dictation },
    effects: [...release(state), { kind: 'cancel-dictation', take, keep }],
  }
}

function release({ kind, dictation: { take } }: Live): readonly Effect[] {
  return isHearing(kind) ? [{ kind: 'release-microphone', take }] : []
}

function retry(state: RecordingState, take: Take): Step {
  if (state.kind !== 'error') return stay(state)
  const { take: from, isPrivate } = state.dictation
  if (state.audio !== 'held') return start(state, take, isPrivate)
  return {
    state: { kind: 'transcribing', dictation: beginDictation(take, isPrivate) },
    effects: [{ kind: 'resend', from, take, isPrivate }],
  }
}

function dismiss(state: RecordingState): Step {
  return isLive(state) ? stay(state) : { state: IDLE, effects: forget(state) }
}

function insertRaw(state: RecordingState): Step {
  if (state.kind === 'polishing')
    return { state, effects: [{ kind: 'skip-polish', take: state.dictation.take }] }
  if (state.kind !== 'done' || !state.dictation.raw) return stay(state)
  const { take, raw } = state.dictation
  return { state, effects: [{ kind: 'insert', take, text: raw }] }
}

function copy(state: RecordingState): Step {
  const text = state.kind === 'idle' ? '' : textOf(state.dictation)
  if (state.kind === 'idle' || text === '') return stay(state)
  return { state, effects: [{ kind: 'copy', take: state.dictation.take, text }] }
}

function hearMicrophone(state: Live, event: MicEvent): Step {
  switch (event.kind) {
    case 'live':
      return state.kind === 'arming' ? speakNow(state) : stay(state)
    case 'heard':
      return stay(warn(state, null))
    case 'silent':
    case 'lost':
    case 'restored':
      return stay(warn(state, event))
    case 'failed':
      return microphoneFailed(state, event)
    default:
      return never(event)
  }
}

function speakNow({ dictation }: Live): Step {
  return {
    state: { kind: 'recording', dictation: { ...dictation, warning: null } },
    effects: [{ kind: 'chime', take: dictation.take, edge: 'start' }],
  }
}

function warn(state: Live, warning: MicWarning | null): Live {
  return { ...state, dictation: { ...state.dictation, warning } }
}

/** Before the first sample nothing can be had; after it, what was said is made text. */
function microphoneFailed(state: Live, event: Extract<MicEvent, { kind: 'failed' }>): Step {
  if (state.kind === 'arming')
    return end(state, { kind: 'error', error: event.error, audio: 'none' }, false)
  return stop(warn(state, event))
}

function drained({ dictation }: Known): Step {
  return {
    state: { kind: 'transcribing', dictation },
    effects: [
      { kind: 'stop-dictation', take: dictation.take },
      // Not sooner, or the recording would hear it.
      { kind: 'chime', take: dictation.take, edge: 'end' },
    ],
  }
}

function refused(state: Live, call: 'open' | 'stop', error: AppError): Step {
  const { dictation } = state
  if (call === 'stop')
    return end(state, { kind: 'error', error, audio: dictation.isPrivate ? 'none' : 'kept' }, true)
  const audio = state.kind === 'arming' ? 'none' : 'held'
  return { state: { kind: 'error', error, audio, dictation }, effects: hold(state) }
}

/** Lets go of the microphone, but not of what it still holds. */
function hold({ kind, dictation: { take } }: Live): readonly Effect[] {
  if (kind === 'arming') return [{ kind: 'release-microphone', take }]
  // While draining it is being finished already.
  return kind === 'recording' ? [{ kind: 'finish-microphone', take }] : []
}

function hearHost(state: Live, event: DictationEvent): Step {
  const dictation = withHostEvent(state.dictation, event)
  switch (event.kind) {
    case 'ended':
      return { state: ended(dictation, event.outcome), effects: release(state) }
    case 'polishing':
      return { state: { kind: 'polishing', dictation }, effects: release(state) }
    case 'transcribing':
    case 'final':
    case 'incomplete':
    case 'polished':
    case 'unpolished':
    case 'inserted':
    case 'saved':
    case 'unsaved':
      // Somebody else may have stopped it: the host hears nothing more.
      return { state: { kind: afterAudio(state.kind), dictation }, effects: release(state) }
    case 'opened':
    case 'speech':
    case 'commit':
    case 'partial':
    case 'lag':
    case 'interrupted':
    case 'resumed':
    case 'trouble':
      return stay({ ...state, dictation })
    default:
      return never(event)
  }
}

type Cancelled = Extract<RecordingState, { kind: 'cancelled' }>

/** The host may have inserted the text before it heard of the end: then that is what is said. */
function overtaken(state: Cancelled, event: DictationEvent): Step {
  switch (event.kind) {
    case 'final':
    case 'polished':
    case 'inserted':
    case 'saved':
    case 'unsaved':
      return stay({ ...state, dictation: withHostEvent(state.dictation, event) })
    case 'ended': {
      const { dictation } = state
      return stay(event.outcome === 'done' ? { kind: 'done', outcome: 'done', dictation } : state)
    }
    default:
      return stay(state)
  }
}

function afterAudio(phase: LivePhase): LivePhase {
  return isHearing(phase) ? 'transcribing' : phase
}

const UNKNOWN: AppError = {
  kind: 'INTERNAL',
  message: 'The dictation failed. Try again; if it fails again, restart the app.',
  retryable: true,
}

type Outcome = Extract<DictationEvent, { kind: 'ended' }>['outcome']

function ended(dictation: Dictation, outcome: Outcome): RecordingState {
  switch (outcome) {
    case 'done':
    case 'nothing-said':
      return { kind: 'done', outcome, dictation }
    case 'cancelled':
      return { kind: 'cancelled', why: 'asked', dictation }
    case 'failed': {
      const audio = dictation.isPrivate ? 'none' : 'kept'
      return { kind: 'error', error: dictation.trouble ?? UNKNOWN, audio, dictation }
    }
    default:
      return never(outcome)
  }
}
