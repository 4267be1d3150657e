// From a call of a page to its answer: a page never sees what an unexpected error says.

import { randomUUID } from 'node:crypto'
import type { AppError, Invocation, Invocations } from '../../shared/ipc'
import { ARGUMENTS, badArgument } from './arguments'

/** What serves each channel; `answer` has checked the arguments. It may throw an AppError. */
export type Handlers = {
  readonly [C in Invocation]: (
    ...args: Parameters<Invocations[C]>
  ) => ReturnType<Invocations[C]> | Promise<ReturnType<Invocations[C]>>
}

export type Envelope = { readonly ok: unknown } | { readonly error: AppError }

/** Told of errors that nobody expected; the page learns `id` alone. */
export type Unexpected = (id: string, channel: string, error: unknown) => void

/** Serve a call. Never throws: whatever goes wrong is in the envelope. */
export async function answer(
  handlers: Handlers,
  channel: unknown,
  args: unknown,
  unexpected: Unexpected,
): Promise<Envelope> {
  if (!isInvocation(channel)) return refusal('There is no such call. Reload the page.')
  if (!Array.isArray(args)) return refusal(`${channel}: the arguments are no list.`)
  const bad = badArgument(channel, args)
  if (bad !== null) return refusal(`${channel}: argument ${bad} does not fit.`)
  try {
    // The guards of this channel have just passed.
    const handler = handlers[channel] as (...args: readonly unknown[]) => unknown
    return { ok: await handler(...args) }
  } catch (error) {
    return { error: toAppError(error, channel, unexpected) }
  }
}

/** What a page may know of an error. */
export function toAppError(error: unknown, doing: string, unexpected: Unexpected): AppError {
  if (isAppError(error)) {
    const { kind, message, retryable, detail } = error
    return { kind, message, retryable, ...(detail === undefined ? {} : { detail }) }
  }
  const id = randomUUID().slice(0, 8)
  unexpected(id, doing, error)
  return {
    kind: 'INTERNAL',
    message: `Something went wrong that should not. The log has more under ${id}.`,
    retryable: false,
    detail: id,
  }
}

function refusal(message: string): Envelope {
  return { error: { kind: 'BAD_ARGUMENTS', message, retryable: false } }
}

function isInvocation(channel: unknown): channel is Invocation {
  return typeof channel === 'string' && Object.hasOwn(ARGUMENTS, channel)
}

/** Any kind, since a later sidecar may have some that are not known here. */
const KIND = /^[A-Z][A-Z_]{1,31}$/

function isAppError(error: unknown): error is AppError {
  if (typeof error !== 'object' || error === null) return false
  const { kind, message, retryable, detail } = error as Partial<Record<keyof AppError, unknown>>
  return (
    typeof kind === 'string' &&
    KIND.test(kind) &&
    typeof message === 'string' &&
    typeof retryable === 'boolean' &&
    (detail === undefined || typeof detail === 'string')
  )
}
