// One page: one WebSocket, from its hello to its end.

import type { RawData, WebSocket } from 'ws'
import { Caller, type CallerParts } from '../main/ipc/caller'
import { CLOSE, type HostFrame, tagged, untagged } from '../shared/frames'
import type { Push, Pushes } from '../shared/ipc'
import type { Admission } from './admission'
import { type ReadFrame, readPageFrame } from './page-frames'

export interface PageParts extends CallerParts {
  readonly admission: Admission
  /** What a page should know as soon as it is let in. */
  readonly greet: (page: Page) => void
}

const HELLO_MS = 5_000
const COPY_MS = 3_000
const PIECE_BYTES = 1_048_576
/** What waits for a page that does not read; then it is cut off, and may come again. */
const MAX_UNREAD_BYTES = 16_777_216

export class Page {
  readonly #socket: WebSocket
  readonly #parts: PageParts
  readonly #caller: Caller
  readonly #copies = new Map<number, (ok: boolean) => void>()
  readonly #helloTimer: NodeJS.Timeout
  #isAdmitted = false
  #nextCopy = 0
  /** When somebody last did something here. */
  lastUsedMs = 0

  constructor(socket: WebSocket, parts: PageParts) {
    this.#socket = socket
    this.#parts = parts
    this.#caller = new Caller(parts)
    this.#helloTimer = setTimeout(() => this.#refuse(), HELLO_MS)
    socket.on('message', (data, isBinary) => this.#read(data, isBinary))
    socket.on('close', () => this.#onClose())
    // Too large a frame, say. The socket closes by itself, and that is what is acted on.
    socket.on('error', () => {})
  }

  tell<P extends Push>(channel: P, payload: Pushes[P]): void {
    if (this.#isAdmitted) this.#send({ t: 'push', channel, payload } as HostFrame)
  }

  /** Have the page put a text on the clipboard. False where it could not. */
  copy(text: string): Promise<boolean> {
    if (!this.#isAdmitted) return Promise.resolve(false)
    const id = this.#nextCopy++
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settleCopy(id, false), COPY_MS)
      this.#copies.set(id, (ok) => {
        clearTimeout(timer)
        resolve(ok)
      })
      this.#send({ t: 'copy', id, text })
    })
  }

  #read(data: RawData, isBinary: boolean): void {
    if (this.#isClosed) return // it was refused
    const bytes = data as Buffer // what ws gives unless it is asked for something else
    const isFine = isBinary ? this.#takeChunk(bytes) : this.#take(readPageFrame(bytes.toString()))
    if (!isFine) this.#refuse()
  }

  #takeChunk(frame: Uint8Array): boolean {
    const chunk = this.#isAdmitted ? untagged(frame) : null
    // A buffer of its own: the frame's may hold other frames, too.
    return chunk !== null && this.#caller.push(chunk.number, new Uint8Array(chunk.bytes).buffer)
  }

  /** False for what cannot come, or not now. */
  #take(frame: ReadFrame | null): boolean {
    if (frame === null || this.#isAdmitted === (frame.t === 'hello')) return false
    switch (frame.t) {
      case 'hello':
        this.#admit(frame.key, frame.token)
        break
      case 'copied':
        this.#settleCopy(frame.id, frame.ok)
        break
      case 'invoke':
        this.lastUsedMs = performance.now()
        void this.#invoke(frame.id, frame.channel, frame.args)
    }
    return true
  }

  #admit(givenKey: unknown, token: unknown): void {
    clearTimeout(this.#helloTimer)
    const key = this.#parts.admission.admit(givenKey, token)
    this.#isAdmitted = key !== null
    if (key === null) {
      this.#socket.close(CLOSE.UNAUTHORIZED)
    } else {
      this.#send({ t: 'welcome', key })
      this.#parts.greet(this)
    }
  }

  async #invoke(id: number, channel: unknown, args: unknown): Promise<void> {
    const envelope = await this.#caller.call(channel, args)
    if ('error' in envelope) this.#send({ t: 'refused', id, error: envelope.error })
    else if (envelope.ok instanceof Uint8Array) await this.#sendBytes(id, envelope.ok)
    else this.#send({ t: 'answer', id, ok: envelope.ok })
  }

  #send(frame: HostFrame): void {
    if (this.#isClosed) return
    this.#socket.send(JSON.stringify(frame))
    if (this.#socket.bufferedAmount > MAX_UNREAD_BYTES) this.#socket.terminate()
  }

  /** In pieces, each after the one before went out, so that nothing piles up. */
  async #sendBytes(id: number, bytes: Uint8Array): Promise<void> {
    this.#send({ t: 'bytes', id, total: bytes.length })
    for (let offset = 0; offset < bytes.length && !this.#isClosed; offset += PIECE_BYTES) {
      const piece = tagged(id, bytes.subarray(offset, offset + PIECE_BYTES))
      await new Promise((resolve) => this.#socket.send(piece, resolve))
    }
  }

  #settleCopy(id: number, ok: boolean): void {
    this.#copies.get(id)?.(ok)
    this.#copies.delete(id)
  }

  #refuse(): void {
    clearTimeout(this.#helloTimer)
    this.#socket.close(CLOSE.BAD_FRAME)
  }

  get #isClosed(): boolean {
    return this.#socket.readyState !== this.#socket.OPEN
  }

  #onClose(): void {
    clearTimeout(this.#helloTimer)
    for (const id of [...this.#copies.keys()]) this.#settleCopy(id, false)
    this.#caller.gone()
  }
}
