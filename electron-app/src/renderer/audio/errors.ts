// What can go wrong with a microphone. The same shape as the host's errors, so one card shows both.

import type { AppError } from '../../shared/ipc'

export type MicErrorKind =
  /** The system or the browser refuses. */
  | 'MIC_DENIED'
  /** The question for permission was closed without an answer. */
  | 'MIC_DISMISSED'
  /** There is no microphone. */
  | 'MIC_MISSING'
  /** Another program holds it. */
  | 'MIC_BUSY'
  /** It was unplugged, and no other came. */
  | 'MIC_LOST'
  /** It gives zeros alone: muted, or a headset that never began to send. */
  | 'MIC_SILENT'
  /** The browser holds sound back until somebody clicks in the page. */
  | 'MIC_BLOCKED'
  /** Capturing could not be started. */
  | 'MIC_FAILED'

export interface MicError {
  readonly kind: MicErrorKind
  readonly message: string
  readonly retryable: boolean
  readonly detail?: string
}

export type RecordingError = MicError | AppError

const MESSAGES: Readonly<Record<MicErrorKind, string>> = {
  MIC_DENIED: 'The microphone is not allowed. Allow it in the settings of the system or browser.',
  MIC_DISMISSED: 'The microphone was not allowed yet. Try again and choose Allow.',
  MIC_MISSING: 'There is no microphone. Connect one and try again.',
  MIC_BUSY: 'Another program uses the microphone. Close it and try again.',
  MIC_LOST: 'The microphone was disconnected. Connect it again, or choose another one.',
  MIC_SILENT: 'The microphone gives no sound. Unmute it, or choose another one.',
  MIC_BLOCKED: 'The browser waits for a click before it lets sound through. Click and try again.',
  MIC_FAILED: 'The recording could not be started. Try again, or restart the app.',
}

export function micError(kind: MicErrorKind, detail?: string): MicError {
  const error = { kind, message: MESSAGES[kind], retryable: true }
  return detail === undefined ? error : { ...error, detail }
}

/** Names what `getUserMedia` rejected with. */
export function fromMediaError(cause: unknown): MicError {
  const name = cause instanceof Error ? cause.name : ''
  const text = cause instanceof Error ? cause.message : String(cause)
  switch (name) {
    case 'NotAllowedError':
      // Only the sentence tells a closed question from a refusal; other browsers have no difference.
      return micError(/dismissed/i.test(text) ? 'MIC_DISMISSED' : 'MIC_DENIED', text)
    case 'SecurityError':
      return micError('MIC_DENIED', text)
    case 'NotFoundError':
    case 'OverconstrainedError':
      return micError('MIC_MISSING', text)
    case 'NotReadableError':
    case 'AbortError':
      return micError('MIC_BUSY', text)
    default:
      return micError('MIC_FAILED', text)
  }
}
