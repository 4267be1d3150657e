// Typed calls to one run of the sidecar over one connection, which is over for good when it breaks.

import type {
  ChangedParams,
  CreditParams,
  Event,
  HelloResult,
  MethodName,
  Methods,
  NotificationName,
  Notifications,
  StateParams,
} from '../../shared/protocol'
import type { SidecarError } from './errors'

/** Beside a message's params, which refer to them by `{$bin: index}`. */
export type Binaries = readonly Uint8Array[]

export interface CallOptions {
  /** How long it may take, waiting for its turn included. Absent: the method's own default. */
  readonly timeoutMs?: number
  /** Told what happens meanwhile, in order, before the call settles. */
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

/** Something that happened in a dictation; `seq` is what asr.stream.resume counts by. */
export interface StreamEvent {
  readonly stream: number
  readonly seq: number
  readonly event: Event
}

/** What a client tells unasked. */
export interface ClientEvents {
  state: StateParams
  changed: ChangedParams
  credit: CreditParams
  'stream-event': StreamEvent
  /** The connection is over, and why. Comes once, and last; all calls were rejected with it. */
  closed: SidecarError
}

export interface SidecarClient {
  /** What the sidecar said of itself. `hello.epoch` tells one run of the sidecar from another. */
  readonly hello: HelloResult
  /**
   * Rejects with a SidecarError: what the sidecar answered, DEADLINE, CANCELLED, or
   * SIDECAR_RESTARTED where the connection is over. Calls beyond what the sidecar takes at once
   * wait their turn. Whoever awaits a result sees it before anything is told that came behind it.
   */
  call<M extends MethodName>(
    method: M,
    params: Methods[M]['params'],
    options?: CallOptions,
  ): Promise<Answer<M>>
  /** Throws SIDECAR_RESTARTED where the connection is over. */
  notify<N extends NotificationName>(method: N, params: Notifications[N], binaries?: Binaries): void
  /** Returns what ends it. */
  on<E extends keyof ClientEvents>(
    event: E,
    listener: (payload: ClientEvents[E]) => void,
  ): () => void
}
