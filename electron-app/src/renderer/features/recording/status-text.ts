// One sentence for what goes on, and one for what to look out for.

import type { AppError, Receipt } from '../../../shared/ipc'
import { type MessageKey, t } from '../../i18n'
import { describe } from '../errors/describe'
import type { Dictation, MicWarning } from './dictation'
import type { RecordingSnapshot } from './recorder'
import { isHearing, isLive, type LivePhase, type RecordingState } from './recording-state'
import { isFull, isWaiting, type Known, type Takes } from './takes'

/** Lag below this is how streaming works, and not worth a word. */
const NOTABLE_LAG_MS = 4000
/** It is told in such steps: each news is read out to who cannot see it. */
const LAG_STEP_S = 5

const PHASES = {
  arming: 'recording.arming',
  recording: 'recording.speak-now',
  draining: 'recording.draining',
  transcribing: 'recording.transcribing',
  polishing: 'recording.polishing',
} as const satisfies Readonly<Record<LivePhase, MessageKey>>

/** What a sentence depends on besides the recording. */
export interface Surroundings {
  /** Starts a recording; empty where there is none. */
  readonly hotkey: string
  /** A page in a browser cannot paste elsewhere. */
  readonly canPaste: boolean
}

export function statusOf(state: RecordingState, around: Surroundings): string {
  switch (state.kind) {
    case 'idle':
      return around.hotkey
        ? t('recording.idle-hotkey', { hotkey: around.hotkey })
        : t('recording.idle')
    case 'done':
      return state.outcome === 'nothing-said'
        ? t(state.dictation.isHeard ? 'recording.nothing-understood' : 'recording.nothing-said')
        : placed(state.dictation, around)
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

/** The same for an older one, in a line of its own; of one that failed, what has. */
export function earlierStatusOf(state: Known, around: Surroundings): string {
  const status = state.kind === 'error' ? describe(state.error).title : statusOf(state, around)
  return t('recording.earlier-status', { status })
}

function placed({ receipt }: Dictation, around: Surroundings): string {
  return receipt === null ? t('recording.done') : receiptText(receipt, around)
}

function receiptText(receipt: Receipt, { canPaste }: Surroundings): string {
  switch (receipt.kind) {
    case 'pasted':
      return t('recording.inserted')
    case 'copied':
      if (receipt.why === 'asked') return t('recording.copied')
      return t(canPaste ? `recording.copied.${receipt.why}` : 'recording.copied.browser')
    case 'failed':
      // Other failures are told by the card of their error.
      return t(isRefusedByBrowser(receipt.error) ? 'recording.copy-refused' : 'recording.done')
    case 'none':
      return t('recording.done')
  }
}

/** Why its text is not where it belongs; null where it is, or where a press of Copy is enough. */
export function placingErrorOf({ receipt }: Dictation): AppError | null {
  return receipt?.kind === 'failed' && !isRefusedByBrowser(receipt.error) ? receipt.error : null
}

/** A page may copy only while somebody does something in it. */
function isRefusedByBrowser({ kind }: AppError): boolean {
  return kind === 'NOT_SUPPORTED'
}

/** What to look out for; null where all is well. */
export function cautionOf({ state, earlier, elapsedMs }: RecordingSnapshot): string | null {
  if (state.kind === 'idle') return null
  if (!isLive(state)) return endCautionOf(state)
  return (
    warningText(state.dictation.warning) ??
    linkText(state.dictation, elapsedMs) ??
    orderText({ now: state, earlier }) ??
    troubleText(state.dictation)
  )
}

/** What keeps its text, or another recording, waiting. */
export function orderText(takes: Takes): string | null {
  if (isWaiting(takes)) return t('recording.waiting')
  // Before its audio is all there, nobody wants to begin another one.
  return isFull(takes) && !isHearing(takes.now.kind) ? t('recording.full') : null
}

/** The same for one that is over; what the engine has to say comes last. */
export function endCautionOf(state: Known): string | null {
  if (state.kind === 'error') return fateText(state.audio)
  const { unsaved, unpolished, notices } = state.dictation
  if (unsaved) return t('recording.unsaved')
  const missing = missingText(state)
  if (missing) return missing
  // Who asked for the raw text does not wonder at it.
  if (unpolished && unpolished.kind !== 'CANCELLED') return t('recording.unpolished')
  const trouble = troubleText(state.dictation)
  if (trouble) return trouble
  return notices.length === 0 ? null : notices.join(' ')
}

/** What of the speech became no text, and where its recording is. */
function missingText(state: Known): string | null {
  const { isComplete, isHeard, isPrivate } = state.dictation
  if (state.kind !== 'done') return null
  if (state.outcome === 'nothing-said') return isHeard && !isPrivate ? fateText('kept') : null
  if (isComplete) return null
  const sentence = t(isPrivate ? 'recording.incomplete-private' : 'recording.incomplete')
  return [sentence, troubleText(state.dictation)].filter(Boolean).join(' ')
}

/** What went wrong and did not end it. */
function troubleText({ trouble }: Dictation): string | null {
  if (trouble === null) return null
  // The journal has its recording no more, which is nothing that anybody could do about.
  if (trouble.kind === 'NO_SESSION') return t('recording.no-audio')
  const { title, cause } = describe(trouble)
  return `${title}. ${cause}`
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
  if (lagMs < NOTABLE_LAG_MS) return null
  const steps = Math.max(1, Math.floor(lagMs / 1000 / LAG_STEP_S))
  return t('recording.lag', { count: steps * LAG_STEP_S })
}

function fateText(audio: 'held' | 'kept' | 'none'): string | null {
  if (audio === 'none') return null
  return t(audio === 'held' ? 'recording.held' : 'recording.kept')
}
