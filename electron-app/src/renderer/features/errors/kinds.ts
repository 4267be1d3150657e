// Every kind of error that a page can meet, and what helps against it.

import type { AppError, HostErrorKind } from '../../../shared/ipc'
import type { ErrorKind } from '../../../shared/protocol'
import type { MicError, MicErrorKind } from '../../audio/errors'

export type AnyErrorKind = ErrorKind | HostErrorKind | MicErrorKind
export type AnyError = AppError | MicError

export type Remedy =
  | 'retry'
  | 'restart'
  | 'models'
  | 'recordings'
  | 'report'
  | 'microphone'
  | 'hotkey'
  | 'cleaning'

/** What to offer, the likeliest first. */
export const REMEDIES: Readonly<Record<AnyErrorKind, readonly [Remedy, ...Remedy[]]>> = {
  PARSE: ['restart', 'report'],
  INVALID_REQUEST: ['restart', 'report'],
  NO_METHOD: ['report'],
  INVALID_PARAMS: ['retry', 'report'],
  INTERNAL: ['retry', 'restart', 'report'],
  CANCELLED: ['retry'],
  DEADLINE: ['retry', 'models'],
  NOT_READY: ['retry', 'restart'],
  VERSION: ['report'],
  UNAUTHORIZED: ['report'],
  BUSY: ['retry'],
  TOO_LARGE: ['report'],
  OVERRUN: ['recordings', 'retry'],
  GAP: ['recordings', 'retry'],
  NO_SESSION: ['recordings'],
  SIDECAR_RESTARTED: ['retry'],
  MODEL_MISSING: ['models'],
  MODEL_CORRUPT: ['models'],
  LOAD_FAILED: ['models', 'retry', 'report'],
  OUT_OF_MEMORY: ['retry', 'models'],
  WORKER_CRASHED: ['retry', 'recordings', 'report'],
  WORKER_HUNG: ['retry', 'recordings', 'report'],
  QUARANTINED: ['recordings', 'models'],
  DOWNLOAD_NET: ['retry'],
  CHECKSUM: ['retry'],
  DISK_FULL: ['retry', 'models'],
  LICENSE: ['retry'],
  HISTORY_DAMAGED: ['retry'],
  LLM_AUTH: ['cleaning'],
  LLM_RATE: ['retry', 'cleaning'],
  LLM_TIMEOUT: ['retry', 'cleaning'],
  LLM_REFUSED: ['cleaning'],
  LLM_BAD_OUTPUT: ['retry', 'cleaning'],
  BAD_AUDIO: ['retry', 'report'],
  SIDECAR_DOWN: ['restart', 'report'],
  NO_DICTATION: ['recordings'],
  HOTKEY_TAKEN: ['hotkey'],
  SECRETS_UNAVAILABLE: ['report'],
  CLIPBOARD_FAILED: ['retry'],
  NOT_SUPPORTED: ['report'],
  BAD_ARGUMENTS: ['report'],
  MIC_DENIED: ['retry'],
  MIC_DISMISSED: ['retry'],
  MIC_MISSING: ['retry', 'microphone'],
  MIC_BUSY: ['retry', 'microphone'],
  MIC_LOST: ['retry', 'microphone'],
  MIC_SILENT: ['retry', 'microphone'],
  MIC_BLOCKED: ['retry'],
  MIC_FAILED: ['retry', 'microphone'],
}

/** What helps; a kind that a newer sidecar has is judged by whether it may pass. */
export function remediesOf({ kind, retryable }: AnyError): readonly Remedy[] {
  if (Object.hasOwn(REMEDIES, kind)) return REMEDIES[kind]
  return retryable ? ['retry', 'report'] : ['report']
}
