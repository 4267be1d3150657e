// Whatever was thrown, as an error with a kind.

import type { AppError } from '../../shared/ipc'
import { isMap } from '../../shared/protocol'

function isAppError(value: unknown): value is AppError {
  return (
    isMap(value) &&
    typeof value['kind'] === 'string' &&
    typeof value['message'] === 'string' &&
    typeof value['retryable'] === 'boolean'
  )
}

/** The error that a call of the host was rejected with; anything else is a fault of ours. */
export function asAppError(reason: unknown): AppError {
  if (isAppError(reason)) return reason
  const message = reason instanceof Error ? reason.message : String(reason)
  return { kind: 'INTERNAL', message, retryable: false }
}
