// Requests out, each with exactly one outcome, within what the sidecar takes at once.

import {
  decodeResult,
  encodeNotification,
  encodeRequest,
  type Frames,
  ProtocolError,
} from '../../shared/codec'
import {
  type Event,
  type Failure,
  LIMITS,
  METHODS,
  type MethodName,
  type Methods,
  type Result,
} from '../../shared/protocol'
import { errorOf, SidecarError } from './errors'

// The sidecar keeps the deadline; this is for an answer that is on its way.
const GRACE_MS = 2000
// Left for what must not wait: pings, the end, and what a person who speaks waits for.
const RESERVED_SLOTS = 8
// A call that was stopped is answered at once; the work behind it ends within 1.5 s.
const AFTERMATH_MS = 2000

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

/** How much the sidecar takes of one client at once. */
export interface Capacity {
  readonly pending: number
  readonly inFlightBytes: number
}

/** A request between `call` and the sidecar's answer, which comes also after its caller left. */
interface Call {
  readonly isUrgent: boolean
  readonly bytes: number
  readonly onEvent: ((event: Event) => void) | undefined
  id: number | undefined
  isSettled: boolean
  encode(id: number): Frames
  resolve(result: Result, binaries: Binaries): void
  reject(why: unknown): void
}

export class Calls {
  readonly #send: (frames: Frames) => void
  readonly #sent = new Map<number, Call>()
  #waiting: Call[] = []
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
      if (refusal !== undefined) reject(refusal)
      else this.#add(this.#newCall(method, params, options, resolve, reject))
    })
  }

  /** An answer came; one for nobody is ignored. */
  onAnswer(answer: Result | Failure, binaries: Binaries): void {
    const call = answer.id === null ? undefined : this.#sent.get(answer.id)
    if (call?.id === undefined) return
    const wasStopped = call.isSettled || ('error' in answer && isStop(errorOf(answer)))
    if ('error' in answer) call.reject(errorOf(answer))
    else call.resolve(answer, binaries)
    if (wasStopped) setTimeout(() => this.#free(call), AFTERMATH_MS).unref()
    else this.#free(call)
  }

  /** Something happened in the request of that id. */
  onEvent(id: number, event: Event): void {
    const call = this.#sent.get(id)
    if (call?.onEvent === undefined || call.isSettled) return
    try {
      call.onEvent(event)
    } catch (error) {
      this.#giveUp(call, error)
    }
  }

  /** Reject everything, now and from now on. */
  end(why: SidecarError): void {
    this.#over = why
    const all = [...this.#sent.values(), ...this.#waiting]
    this.#sent.clear()
    this.#waiting = []
    for (const call of all) call.reject(why)
  }

  #refusal({ binaries = [], signal }: CallOptions): SidecarError | undefined {
    if (signal?.aborted) return cancelled()
    const fits = binaries.every((binary) => binary.byteLength <= LIMITS.max_binary_bytes)
    if (fits && sizeOf(binaries) <= this.#capacity.inFlightBytes) return undefined
    return new SidecarError('TOO_LARGE', 'This is too large for one call: send it in parts.')
  }

  #newCall<M extends MethodName>(
    method: M,
    params: Methods[M]['params'],
    { timeoutMs = METHODS[method].tmoMs, onEvent, signal, binaries = [] }: CallOptions,
    resolve: (answer: Answer<M>) => void,
    reject: (why: unknown) => void,
  ): Call {
    const deadlineMs = performance.now() + timeoutMs
    const timer = setTimeout(() => this.#giveUp(call, late(method)), timeoutMs + GRACE_MS)
    const onAbort = (): void => this.#giveUp(call, cancelled())
    signal?.addEventListener('abort', onAbort)
    const settle = (how: () => void): void => {
      if (call.isSettled) return
      call.isSettled = true
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      how()
    }
    const call: Call = {
      isUrgent: method.startsWith('sys.') || method.startsWith('asr.stream.'),
      bytes: sizeOf(binaries),
      onEvent,
      id: undefined,
      isSettled: false,
      encode: (id) => {
        const leftMs = Math.ceil(deadlineMs - performance.now())
        return [encodeRequest(id, method, params, Math.max(1, leftMs)), ...binaries]
      },
      resolve: (result, received) =>
        settle(() => {
          try {
            resolve({ result: decodeResult(method, result), binaries: received })
          } catch (error) {
            reject(new SidecarError('PARSE', (error as Error).message))
          }
        }),
      reject: (why) => settle(() => reject(why)),
    }
    return call
  }

  #add(call: Call): void {
    if (this.#isNext(call) && this.#hasRoomFor(call)) {
      this.#start(call)
      return
    }
    const behind = call.isUrgent ? this.#waiting.findIndex((other) => !other.isUrgent) : -1
    this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, call)
  }

  #isNext({ isUrgent }: Call): boolean {
    const [first] = this.#waiting
    return first === undefined || (isUrgent && !first.isUrgent)
  }

  #hasRoomFor({ bytes, isUrgent }: Call): boolean {
    const { pending, inFlightBytes } = this.#capacity
    const slots = isUrgent ? pending : pending - RESERVED_SLOTS
    return this.#sent.size < slots && this.#inFlightBytes + bytes <= inFlightBytes
  }

  #sendWaiting(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#hasRoomFor(next); ) {
      this.#waiting.shift()
      this.#start(next)
      next = this.#waiting[0]
    }
  }

  #start(call: Call): void {
    const id = this.#nextId
    try {
      this.#send(call.encode(id))
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      call.reject(new SidecarError('INVALID_PARAMS', error.message))
      return
    }
    this.#nextId += 1
    call.id = id
    this.#sent.set(id, call)
    this.#inFlightBytes += call.bytes
  }

  /** The sidecar has no more to do with it. */
  #free({ id, bytes }: Call): void {
    if (id === undefined || !this.#sent.delete(id)) return
    this.#inFlightBytes -= bytes
    this.#sendWaiting()
  }

  /** Settle it here and now. Its place is free later: the sidecar answers it nevertheless. */
  #giveUp(call: Call, why: unknown): void {
    call.reject(why)
    this.#waiting = this.#waiting.filter((waiting) => waiting !== call)
    if (call.id !== undefined) this.#send([encodeNotification('$/cancel', { id: call.id })])
    this.#sendWaiting()
  }
}

function sizeOf(binaries: Binaries): number {
  return binaries.reduce((total, binary) => total + binary.byteLength, 0)
}

function isStop({ kind }: SidecarError): boolean {
  return kind === 'CANCELLED' || kind === 'DEADLINE'
}

function cancelled(): SidecarError {
  return new SidecarError('CANCELLED', 'The call was cancelled.')
}

function late(method: MethodName): SidecarError {
  return new SidecarError(
    'DEADLINE',
    `${method} was not answered in time: the sidecar may be stuck.`,
  )
}
