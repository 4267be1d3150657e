// Typed calls to one run of the sidecar over one connection, which is over for good when it breaks.

import { decodeServerMessage, encodeNotification, type Frames } from '../../shared/codec'
import {
  type ChangedParams,
  type CreditParams,
  type Event,
  type EventParams,
  type HelloResult,
  LIMITS,
  type MethodName,
  type Methods,
  type Notification,
  type NotificationName,
  type Notifications,
  PROTOCOL_VERSION,
  SCHEMA_HASH,
  type StateParams,
} from '../../shared/protocol'
import type { Answer, Binaries, CallOptions } from './call'
import { Calls } from './calls'
import { SidecarError } from './errors'
import { Listeners } from './listeners'
import { type Address, type KeyPair, Transport } from './transport'

export type { Answer, Binaries, CallOptions } from './call'

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

/** Who is calling, for the sidecar's log. */
export interface ClientName {
  readonly name: string
  readonly version: string
}

type AllListeners = { readonly [E in keyof ClientEvents]: Listeners<ClientEvents[E]> }

export class SidecarClient {
  readonly #transport: Transport
  readonly #calls: Calls
  readonly #listeners: AllListeners = {
    state: new Listeners(),
    changed: new Listeners(),
    credit: new Listeners(),
    'stream-event': new Listeners(),
    closed: new Listeners(),
  }
  #hello: HelloResult | undefined
  #over: SidecarError | undefined
  #heart: NodeJS.Timeout | undefined
  #isPinging = false
  #saidAtMs = performance.now()
  #heardAtMs = performance.now()

  /**
   * Connect and agree on a version. Rejects with SIDECAR_RESTARTED where nobody is there,
   * UNAUTHORIZED where our key is not known, VERSION, or DEADLINE.
   */
  static async connect(address: Address, keys: KeyPair, name: ClientName): Promise<SidecarClient> {
    const client = new SidecarClient(address, keys)
    try {
      await client.#greet(name)
    } catch (error) {
      client.close()
      throw error
    }
    return client
  }

  private constructor(address: Address, keys: KeyPair) {
    this.#transport = new Transport(address, keys, {
      onMessage: (frames) => this.#onMessage(frames),
      onBreak: (why) => this.close(why),
    })
    this.#calls = new Calls((frames) => this.#say(frames))
  }

  /** What the sidecar said of itself. `epoch` tells one run of the sidecar from another. */
  get hello(): HelloResult {
    if (this.#hello === undefined) throw new Error('The sidecar has not been greeted.')
    return this.#hello
  }

  /** When something last came, on the clock of `performance.now()`. */
  get heardAtMs(): number {
    return this.#heardAtMs
  }

  /**
   * Rejects with a SidecarError: what the sidecar answered, DEADLINE, CANCELLED, or
   * SIDECAR_RESTARTED where the connection is over. Calls beyond what the sidecar takes at once
   * wait their turn. Whoever awaits a result sees it before anything is told that came behind it.
   */
  call<M extends MethodName>(
    method: M,
    params: Methods[M]['params'],
    options?: CallOptions,
  ): Promise<Answer<M>> {
    return this.#calls.call(method, params, options)
  }

  /** Throws SIDECAR_RESTARTED where the connection is over, ProtocolError for what does not fit. */
  notify<N extends NotificationName>(
    method: N,
    params: Notifications[N],
    binaries: Binaries = [],
  ): void {
    if (this.#over !== undefined) throw this.#over
    this.#say([encodeNotification(method, params), ...binaries])
  }

  /** Returns what ends it. */
  on<E extends keyof ClientEvents>(
    event: E,
    listener: (payload: ClientEvents[E]) => void,
  ): () => void {
    const listeners: Listeners<ClientEvents[E]> = this.#listeners[event]
    return listeners.add(listener)
  }

  /** End the connection; what is pending is rejected with `why`. Harmless a second time. */
  close(why: SidecarError = closedHere()): void {
    if (this.#over !== undefined) return
    this.#over = why
    clearInterval(this.#heart)
    this.#transport.close()
    this.#calls.end(why)
    this.#listeners.closed.tell(why)
  }

  async #greet(client: ClientName): Promise<void> {
    const { result } = await this.call('sys.hello', {
      proto: [...PROTOCOL_VERSION],
      client,
      schema_hash: SCHEMA_HASH,
    })
    this.#hello = result
    this.#calls.capacity = {
      pending: limitOf(result, 'max_pending'),
      inFlightBytes: limitOf(result, 'max_in_flight_bytes'),
    }
    const intervalMs = limitOf(result, 'heartbeat_ms')
    this.#heart = setInterval(() => this.#beat(intervalMs), intervalMs)
  }

  /** Say something every so often. Who dictates says a lot, and must notice too if nobody hears. */
  #beat(intervalMs: number): void {
    const nowMs = performance.now()
    const isBusy = nowMs - this.#saidAtMs < intervalMs / 2 && nowMs - this.#heardAtMs < intervalMs
    if (isBusy || this.#isPinging) return
    this.#isPinging = true
    this.call('sys.ping', {})
      .catch((error: SidecarError) => {
        // It has forgotten us, and with us what we asked for.
        if (error.kind === 'NOT_READY') this.close(error)
      })
      .finally(() => {
        this.#isPinging = false
      })
  }

  #say(frames: Frames): void {
    this.#saidAtMs = performance.now()
    this.#transport.send(frames)
  }

  #onMessage(frames: Frames): void {
    this.#heardAtMs = performance.now()
    try {
      const message = decodeServerMessage(frames)
      if ('method' in message) this.#onNotification(message)
      else this.#calls.onAnswer(message, frames.slice(1))
    } catch (error) {
      this.close(new SidecarError('PARSE', `The sidecar cannot be understood: ${String(error)}`))
    }
  }

  #onNotification({ method, params }: Notification): void {
    const name = method as NotificationName
    if (name === '$/event') this.#onEvent(params as unknown as EventParams)
    else if (name === '$/credit') this.#listeners.credit.tell(params as unknown as CreditParams)
    else if (name === '$/state') this.#listeners.state.tell(params as unknown as StateParams)
    else if (name === '$/changed') this.#listeners.changed.tell(params as unknown as ChangedParams)
  }

  #onEvent({ id, stream, seq, event }: EventParams): void {
    if (stream !== undefined) this.#listeners['stream-event'].tell({ stream, seq, event })
    else if (id !== undefined) this.#calls.onEvent(id, event)
  }
}

function limitOf({ limits }: HelloResult, name: keyof typeof LIMITS): number {
  return limits.find((limit) => limit.name === name)?.value ?? LIMITS[name]
}

function closedHere(): SidecarError {
  return new SidecarError('SIDECAR_RESTARTED', 'The connection was closed on this side.')
}
