// What surfaces see of a recording, and what they can do with it.

import { useSyncExternalStore } from 'react'
import type { RecordingError } from '../../audio/errors'
import type { LevelMeter } from '../../audio/level-meter'
import { type MicWarning, type Take, textOf } from './dictation'
import { useRecorder } from './recording-context'
import type { Phase, RecordingState } from './recording-state'
import type { EarlierEvent, Known } from './takes'

export interface Recording {
  readonly state: RecordingState
  readonly phase: Phase
  /** Older ones that become text meanwhile, or need somebody; oldest first. */
  readonly earlier: readonly Known[]
  /** How much was recorded, in whole seconds. */
  readonly elapsedMs: number
  /** Text that stays: at the end, the polished or else the raw one. */
  readonly committed: string
  /** Text that may still change. */
  readonly tentative: string
  readonly error: RecordingError | null
  readonly warning: MicWarning | null
  /** Changes without rendering: for the waveform. */
  readonly level: LevelMeter
  readonly start: (isPrivate?: boolean) => void
  readonly stop: () => void
  readonly toggle: () => void
  /** For keys and buttons that are held while speaking. */
  readonly hold: () => void
  readonly letGo: () => void
  /** Throws it away, but for its audio where `keep` is set. */
  readonly cancel: (keep?: boolean) => void
  /** After an error: hands over the audio that is held, or starts anew. */
  readonly retry: () => void
  readonly insertRaw: () => void
  readonly copy: () => void
  /** After the end: back to an older one that is not over, or else to idle. */
  readonly dismiss: () => void
  readonly actOnEarlier: (take: Take, kind: EarlierEvent['kind']) => void
}

export function useRecording(): Recording {
  const recorder = useRecorder()
  const { state, earlier, elapsedMs } = useSyncExternalStore(
    recorder.subscribe,
    recorder.getSnapshot,
  )
  const dictation = state.kind === 'idle' ? null : state.dictation
  return {
    state,
    phase: state.kind,
    earlier,
    elapsedMs,
    committed: dictation === null ? '' : textOf(dictation),
    tentative: dictation?.tentative ?? '',
    error: state.kind === 'error' ? state.error : null,
    warning: dictation?.warning ?? null,
    level: recorder.meter,
    start: recorder.start,
    stop: recorder.stop,
    toggle: recorder.toggle,
    hold: recorder.hold,
    letGo: recorder.letGo,
    cancel: recorder.cancel,
    retry: recorder.retry,
    insertRaw: recorder.insertRaw,
    copy: recorder.copy,
    dismiss: recorder.dismiss,
    actOnEarlier: recorder.actOnEarlier,
  }
}
