// All requests of a connection, within what the sidecar takes at once.

import { decodeResult, encodeNotification, encodeRequest, type Frames } from '../../shared/codec'
import {
  type Event,
  type Failure,
  LIMITS,
  METHODS,
  type MethodName,
  type Methods,
  type Result,
} from '../../shared/protocol'
import {
  type Answer,
  type Binaries,
  Call,
  type CallOptions,
  cancelled,
  misfit,
  sizeOf,
  type Wish,
} from './call'
import { errorOf, SidecarError } from './errors'

// Left for urgent calls.
const RESERVED_SLOTS = 8
// A call that was stopped is answered at once; the work behind it ends within 1.5 s.
const AFTERMATH_MS = 2000

/** How much the sidecar takes of one client at once. */
export interface Capacity {
  readonly pending: number
  readonly inFlightBytes: number
}

export class Calls {
  readonly #send: (frames: Frames) => void
  /** Those that the sidecar works on, also if their caller has gone. */
  readonly #sent = new Map<number, Call>()
  readonly #waiting: Call[] = []
  #capacity: Capacity = { pending: LIMITS.max_pending, inFlightBytes: LIMITS.max_in_flight_bytes }
  #inFlightBytes = 0
  #nextId = 0
  #over: SidecarError | undefined

  constructor(send: (frames: Frames) => void) {
    this.#send = send
  }

  set capacity(capacity: Capacity) {
    this.#capacity = capacity
  }

  /** Rejects with a SidecarError, or with what `onEvent` threw. */
  call<M extends MethodName>(
    method: M,
    params: Methods[M]['params'],
    options: CallOptions = {},
  ): Promise<Answer<M>> {
    return new Promise((resolve, reject) => {
      const refusal = this.#over ?? this.#refusal(options)
      if (refusal !== undefined) {
        reject(refusal)
        return
      }
      const wish: Wish = {
        method,
        header: (id, timeoutMs) => encodeRequest(id, method, params, timeoutMs),
        resolve: (result, binaries) => resolve({ result: decodeResult(method, result), binaries }),
        reject,
      }
      const timeoutMs = options.timeoutMs ?? METHODS[method].tmoMs
      this.#add(new Call(wish, timeoutMs, options, (call, why) => this.#giveUp(call, why)))
    })
  }

  /** An answer came; one for nobody is ignored. */
  onAnswer(answer: Result | Failure, binaries: Binaries): void {
    const { id } = answer
    const call = id === null ? undefined : this.#sent.get(id)
    if (call === undefined || id === null) return
    const error = 'error' in answer ? errorOf(answer) : undefined
    const wasStopped = call.isSettled || error?.kind === 'CANCELLED' || error?.kind === 'DEADLINE'
    if ('error' in answer) call.fail(error)
    else call.succeed(answer, binaries)
    if (wasStopped) setTimeout(() => this.#free(id, call), AFTERMATH_MS).unref()
    else this.#free(id, call)
  }

  /** Something happened in the request of that id. */
  onEvent(id: number, event: Event): void {
    this.#sent.get(id)?.tell(event)
  }

  /** Reject everything, now and from now on. */
  end(why: SidecarError): void {
    this.#over = why
    const all = [...this.#sent.values(), ...this.#waiting.splice(0)]
    this.#sent.clear()
    for (const call of all) call.fail(why)
  }

  #refusal({ binaries = [], signal }: CallOptions): SidecarError | undefined {
    if (signal?.aborted) return cancelled()
    const fits = binaries.every((binary) => binary.byteLength <= LIMITS.max_binary_bytes)
    if (fits && sizeOf(binaries) <= this.#capacity.inFlightBytes) return undefined
    return new SidecarError('TOO_LARGE', 'This is too large for one call: send it in parts.')
  }

  #add(call: Call): void {
    const [first] = this.#waiting
    const isNext = first === undefined || (call.isUrgent && !first.isUrgent)
    if (isNext && this.#hasRoomFor(call)) this.#start(call)
    else this.#queue(call)
  }

  #queue(call: Call): void {
    const behind = call.isUrgent ? this.#waiting.findIndex((other) => !other.isUrgent) : -1
    this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, call)
  }

  #hasRoomFor({ bytes, isUrgent }: Call): boolean {
    const { pending, inFlightBytes } = this.#capacity
    const slots = isUrgent ? pending : pending - RESERVED_SLOTS
    return this.#sent.size < slots && this.#inFlightBytes + bytes <= inFlightBytes
  }

  #startWaiting(): void {
    for (;;) {
      const [next] = this.#waiting
      if (next === undefined || !this.#hasRoomFor(next)) return
      this.#waiting.shift()
      this.#start(next)
    }
  }

  #start(call: Call): void {
    const id = this.#nextId
    try {
      this.#send([call.header(id), ...call.binaries])
    } catch (error) {
      call.fail(misfit('INVALID_PARAMS', error))
      return
    }
    this.#nextId += 1
    this.#sent.set(id, call)
    this.#inFlightBytes += call.bytes
  }

  /** The sidecar has no more to do with it. */
  #free(id: number, call: Call): void {
    if (!this.#sent.delete(id)) return
    this.#inFlightBytes -= call.bytes
    this.#startWaiting()
  }

  /** Settle it here and now. Its place is free later: the sidecar answers it nevertheless. */
  #giveUp(call: Call, why: unknown): void {
    call.fail(why)
    const at = this.#waiting.indexOf(call)
    if (at >= 0) this.#waiting.splice(at, 1)
    for (const [id, sent] of this.#sent) {
      if (sent === call) this.#send([encodeNotification('$/cancel', { id })])
    }
    this.#startWaiting()
  }
}
