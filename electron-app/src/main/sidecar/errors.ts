// Why a call to the sidecar failed.

import type { AppError, HostErrorKind } from '../../shared/ipc'
import { ERRORS, type ErrorData, type ErrorKind, type Failure } from '../../shared/protocol'

export type SidecarErrorKind = ErrorKind | HostErrorKind

/** `kind` is stable; `message` is English; `detail` is the one fact worth telling apart. */
export class SidecarError extends Error implements AppError {
  override readonly name = 'SidecarError'
  readonly kind: SidecarErrorKind
  readonly retryable: boolean
  readonly retryAfterMs?: number
  readonly detail?: string

  constructor(kind: SidecarErrorKind, message: string, facts: Partial<ErrorData> = {}) {
    super(message)
    this.kind = kind
    this.retryable = facts.retryable ?? isRetryable(kind)
    if (facts.retry_after_ms !== undefined) this.retryAfterMs = facts.retry_after_ms
    if (facts.detail !== undefined) this.detail = facts.detail
  }
}

/** What the sidecar answered. A later sidecar may have kinds that are not in our list. */
export function errorOf({ error }: Failure): SidecarError {
  return new SidecarError(error.data.kind as SidecarErrorKind, error.message, error.data)
}

/** The sidecar is not there, and will not be before somebody does something. */
export function sidecarDown(message: string, detail?: string): SidecarError {
  return new SidecarError('SIDECAR_DOWN', message, {
    retryable: true,
    ...(detail !== undefined && { detail }),
  })
}

function isRetryable(kind: SidecarErrorKind): boolean {
  return Object.hasOwn(ERRORS, kind) && ERRORS[kind as ErrorKind].retryable
}
