// A dictation as one run of the sidecar hears it: chunks go out as there is credit for them,
// events come in, until it is final or the connection breaks.

import type { Event, FinalEvent, StreamOpenParams } from '../../shared/protocol'
import type { SidecarClient } from '../sidecar/client'
import { isKind, isLost } from './links'
import type { Outbox } from './outbox'

/** How a stream ended here. `lost`: it may go on over another connection. */
export type StreamEnd =
  | { readonly kind: 'final'; readonly final: FinalEvent }
  | { readonly kind: 'lost' }

export class Stream {
  readonly #outbox: Outbox
  readonly #onEvent: (event: Event) => void
  readonly #token: string
  readonly #number: number
  #client: SidecarClient
  #limit: number
  #nextEvent = 0
  /** Text that the sidecar had when the stream was taken up again. */
  #textThere = ''
  #closing: 'no' | 'wanted' | 'asked' = 'no'
  #end: Deferred<StreamEnd> = deferred()
  #whenSent: () => void = () => {}
  #offs: readonly (() => void)[] = []

  private constructor(
    client: SidecarClient,
    opened: { stream: number; token: string; limit: number },
    outbox: Outbox,
    onEvent: (event: Event) => void,
  ) {
    this.#client = client
    this.#number = opened.stream
    this.#token = opened.token
    this.#limit = opened.limit
    this.#outbox = outbox
    this.#onEvent = onEvent
  }

  /** Begin one. `onEvent` is told of everything but the end. Rejects with a SidecarError. */
  static async open(
    client: SidecarClient,
    params: StreamOpenParams,
    outbox: Outbox,
    onEvent: (event: Event) => void,
  ): Promise<Stream> {
    const { result } = await client.call('asr.stream.open', params)
    const stream = new Stream(client, result, outbox, onEvent)
    stream.#listen()
    stream.pump()
    return stream
  }

  get client(): SidecarClient {
    return this.#client
  }

  get textThere(): string {
    return this.#textThere
  }

  /** Rejects where the sidecar refuses to end it, or what was put aside cannot be read. */
  get end(): Promise<StreamEnd> {
    return this.#end.promise
  }

  /** Go on over another connection to the same run of the sidecar. NO_SESSION: it is too late. */
  async resume(client: SidecarClient): Promise<void> {
    const params = { token: this.#token, next_event: this.#nextEvent }
    const { result } = await client.call('asr.stream.resume', params)
    this.#client = client
    this.#end = deferred()
    this.#outbox.resume(result.next_push)
    this.#limit = result.limit
    this.#textThere = result.text
    if (this.#closing === 'asked') this.#closing = 'wanted'
    this.#listen()
    this.pump()
  }

  /** Send what there is credit for. */
  pump(): void {
    try {
      this.#push()
    } catch (error) {
      if (!isLost(error)) this.#fail(error) // of a broken connection we are told
      return
    }
    if (!this.#outbox.isSent) return
    this.#whenSent()
    if (this.#closing === 'wanted') void this.#close()
  }

  /** Nothing more will be said: make it final once all is sent. Its recording stays. */
  close(): void {
    if (this.#closing === 'no') this.#closing = 'wanted'
    this.pump()
  }

  /** Waits until all that there is was sent; false if it ended before. */
  async sent(): Promise<boolean> {
    const sent = new Promise<boolean>((resolve) => {
      this.#whenSent = () => resolve(true)
    })
    this.pump()
    return Promise.race([sent, this.end.then(() => false)])
  }

  /** End it at once. What was sent is in its recording, if that is kept; gives its name. */
  async abort(keep: boolean): Promise<string | null> {
    const { result } = await this.#client.call('asr.stream.abort', { stream: this.#number, keep })
    if (result.recording !== undefined) this.#outbox.acknowledge(this.#outbox.sent)
    return result.recording ?? null
  }

  /** Listen no more. */
  detach(): void {
    for (const off of this.#offs) off()
    this.#offs = []
  }

  #listen(): void {
    this.detach()
    const client = this.#client
    this.#offs = [
      client.on('stream-event', ({ stream, seq, event }) => {
        if (stream === this.#number) this.#take(seq, event)
      }),
      client.on('credit', ({ stream, ack, limit }) => {
        if (stream === this.#number) this.#credit(ack, limit)
      }),
      client.on('closed', () => {
        this.detach()
        this.#end.resolve({ kind: 'lost' })
      }),
    ]
  }

  #take(seq: number, event: Event): void {
    this.#nextEvent = seq + 1
    if (event.t !== 'final') {
      this.#onEvent(event)
      return
    }
    this.detach()
    this.#end.resolve({ kind: 'final', final: event })
  }

  #credit(ack: number, limit: number): void {
    this.#limit = limit
    this.#outbox.acknowledge(ack)
    this.pump()
  }

  #push(): void {
    for (let pcm = this.#due(); pcm !== null; pcm = this.#due()) {
      const params = { stream: this.#number, seq: this.#outbox.sent, data: { $bin: 0 } }
      this.#client.notify('asr.stream.push', params, [pcm])
      this.#outbox.advance()
    }
  }

  #due(): Uint8Array | null {
    return this.#outbox.due(this.#limit)
  }

  /** The answer says what the event `final` says, which comes before it. */
  async #close(): Promise<void> {
    this.#closing = 'asked'
    const params = { stream: this.#number, seq: this.#outbox.sent, keep: true }
    try {
      await this.#client.call('asr.stream.close', params)
    } catch (error) {
      if (isKind(error, 'DEADLINE'))
        void this.#close() // it goes on there, and may be asked again
      else if (!isLost(error)) this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.detach()
    this.#end.reject(error)
  }
}

interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<T>((settle, refuse) => {
    resolve = settle
    reject = refuse
  })
  promise.catch(() => {}) // who awaits it gets the error; nobody may await it any more
  return { promise, resolve, reject }
}
