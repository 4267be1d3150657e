// One request, from the caller's wish to its one outcome.

import { ProtocolError } from '../../shared/codec'
import type { Event, MethodName, Methods, Result } from '../../shared/protocol'
import { SidecarError } from './errors'

// The sidecar keeps the deadline; this is for an answer that is on its way.
const GRACE_MS = 2000

/** Beside a message's params, which refer to them by `{$bin: index}`. */
export type Binaries = readonly Uint8Array[]

export interface CallOptions {
  /** How long it may take, waiting for its turn included. Absent: the method's own default. */
  readonly timeoutMs?: number
  /** Told what happens meanwhile, in order, before the call settles. Its errors end the call. */
  readonly onEvent?: (event: Event) => void
  /** Aborting rejects the call with CANCELLED at once, and tells the sidecar to stop. */
  readonly signal?: AbortSignal
  /** Must not be changed afterwards: large ones are sent without a copy. */
  readonly binaries?: Binaries
}

export interface Answer<M extends MethodName> {
  readonly result: Methods[M]['result']
  readonly binaries: Binaries
}

/** What is called, and who is told of its outcome. */
export interface Wish {
  readonly method: MethodName
  /** Throws ProtocolError where the parameters do not fit. */
  readonly header: (id: number, timeoutMs: number) => Uint8Array
  /** Throws ProtocolError where the result does not fit. */
  readonly resolve: (result: Result, binaries: Binaries) => void
  readonly reject: (why: unknown) => void
}

export class Call {
  /** Must not wait behind long work: pings, the end, and what a person who speaks waits for. */
  readonly isUrgent: boolean
  readonly binaries: Binaries
  readonly bytes: number
  readonly #wish: Wish
  readonly #options: CallOptions
  readonly #giveUp: (call: Call, why: unknown) => void
  readonly #deadlineMs: number
  readonly #timer: NodeJS.Timeout
  #isSettled = false

  /** `giveUp` is told when its caller has aborted it, or it is late. */
  constructor(
    wish: Wish,
    timeoutMs: number,
    options: CallOptions,
    giveUp: (call: Call, why: unknown) => void,
  ) {
    this.isUrgent = wish.method.startsWith('sys.') || wish.method.startsWith('asr.stream.')
    this.binaries = options.binaries ?? []
    this.bytes = sizeOf(this.binaries)
    this.#wish = wish
    this.#options = options
    this.#giveUp = giveUp
    this.#deadlineMs = performance.now() + timeoutMs
    this.#timer = setTimeout(() => giveUp(this, late(wish.method)), timeoutMs + GRACE_MS)
    options.signal?.addEventListener('abort', this.#onAbort)
  }

  get isSettled(): boolean {
    return this.#isSettled
  }

  /** Throws ProtocolError where its parameters do not fit. */
  header(id: number): Uint8Array {
    const leftMs = Math.ceil(this.#deadlineMs - performance.now())
    return this.#wish.header(id, Math.max(1, leftMs))
  }

  tell(event: Event): void {
    if (this.#isSettled) return
    try {
      this.#options.onEvent?.(event)
    } catch (error) {
      this.#giveUp(this, error)
    }
  }

  succeed(result: Result, binaries: Binaries): void {
    this.#settle(() => {
      try {
        this.#wish.resolve(result, binaries)
      } catch (error) {
        this.#wish.reject(misfit('PARSE', error))
      }
    })
  }

  fail(why: unknown): void {
    this.#settle(() => this.#wish.reject(why))
  }

  readonly #onAbort = (): void => this.#giveUp(this, cancelled())

  #settle(how: () => void): void {
    if (this.#isSettled) return
    this.#isSettled = true
    clearTimeout(this.#timer)
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    how()
  }
}

export function sizeOf(binaries: Binaries): number {
  return binaries.reduce((total, binary) => total + binary.byteLength, 0)
}

export function cancelled(): SidecarError {
  return new SidecarError('CANCELLED', 'The call was cancelled.')
}

/** A ProtocolError as what a caller gets. Anything else is a fault of ours, and goes on. */
export function misfit(kind: 'PARSE' | 'INVALID_PARAMS', error: unknown): SidecarError {
  if (error instanceof ProtocolError) return new SidecarError(kind, error.message)
  throw error
}

function late(method: MethodName): SidecarError {
  return new SidecarError(
    'DEADLINE',
    `${method} was not answered in time: the sidecar may be stuck.`,
  )
}
