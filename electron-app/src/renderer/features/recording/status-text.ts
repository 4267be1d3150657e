// One sentence for what goes on, and one for what to look out for.

import type { Receipt } from '../../../shared/ipc'
import { type MessageKey, t } from '../../i18n'
import type { Dictation, MicWarning } from './dictation'
import type { RecordingSnapshot } from './recorder'
import { isLive, type LivePhase, type RecordingState } from './recording-state'

/** Lag below this is how streaming works, and not worth a word. */
const NOTABLE_LAG_MS = 4000

const PHASES = {
  arming: 'recording.arming',
  recording: 'recording.speak-now',
  draining: 'recording.draining',
  transcribing: 'recording.transcribing',
  polishing: 'recording.polishing',
} as const satisfies Readonly<Record<LivePhase, MessageKey>>

/** @param hotkey - that starts a recording; empty where there is none. */
export function statusOf(state: RecordingState, hotkey: string): string {
  switch (state.kind) {
    case 'idle':
      return hotkey ? t('recording.idle-hotkey', { hotkey }) : t('recording.idle')
    case 'done':
      return state.outcome === 'nothing-said'
        ? t('recording.nothing-said')
        : placed(state.dictation)
    case 'error':
      return ''
    case 'cancelled':
      return t(state.why === 'asked' ? 'recording.cancelled' : 'recording.nothing-recorded')
    default:
      // Whoever speaks knows it by now.
      if (state.kind === 'recording' && state.dictation.isHeard) return ''
      return t(PHASES[state.kind])
  }
}

function placed({ receipt }: Dictation): string {
  return receipt === null ? t('recording.done') : receiptText(receipt)
}

export function receiptText(receipt: Receipt): string {
  switch (receipt.kind) {
    case 'pasted':
      return t('recording.inserted')
    case 'copied':
      return receipt.why === 'asked' ? t('recording.copied') : t(`recording.copied.${receipt.why}`)
    case 'none':
    case 'failed':
      // Why it failed is told by the card of its error.
      return t('recording.done')
  }
}

/** What to look out for; null where all is well. */
export function cautionOf({ state, elapsedMs }: RecordingSnapshot): string | null {
  if (state.kind === 'idle') return null
  const { dictation } = state
  if (isLive(state)) return warningText(dictation.warning) ?? linkText(dictation, elapsedMs)
  if (state.kind === 'error') return fateText(state.audio)
  if (dictation.unsaved) return t('recording.unsaved')
  return dictation.unpolished ? t('recording.unpolished') : null
}

function warningText(warning: MicWarning | null): string | null {
  switch (warning?.kind) {
    case 'silent':
      return t('recording.silent')
    case 'lost':
      return t('recording.lost')
    case 'failed':
      return t('recording.failed')
    case 'restored':
      return warning.label === ''
        ? t('recording.restored-unnamed')
        : t('recording.restored', { label: warning.label })
    case undefined:
      return null
  }
}

function linkText({ link, lagMs }: Dictation, elapsedMs: number): string | null {
  if (link === 'away') return t('recording.link.away')
  // Usually it is open before anybody could read this.
  if (link === 'opening') return elapsedMs === 0 ? null : t('recording.link.opening')
  return lagMs < NOTABLE_LAG_MS ? null : t('recording.lag', { count: Math.round(lagMs / 1000) })
}

function fateText(audio: 'held' | 'kept' | 'none'): string | null {
  if (audio === 'none') return null
  return t(audio === 'held' ? 'recording.held' : 'recording.kept')
}
