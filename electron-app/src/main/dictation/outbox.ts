// The audio of a dictation that the sidecar may have to hear again.
//
// That is all since the last boundary, where the text before it is final. A boundary may lie
// within a chunk. Chunks are numbered anew for each stream of the sidecar.

import { inMemory, Overflow, type Stored } from './overflow'

/** Ten minutes. What is more goes to a file, and stays in memory only if there is no room. */
const MOST_IN_MEMORY_BYTES = 19_200_000

interface Chunk {
  /** Where it begins, in bytes from the start of the dictation. */
  readonly at: number
  readonly stored: Stored
  readonly isInMemory: boolean
}

export class Outbox {
  readonly #onFull: (error: unknown) => void
  readonly #mostInMemory: number
  readonly #overflow = new Overflow()
  #chunks: Chunk[] = []
  #endByte = 0
  #boundaryByte = 0
  #inMemoryBytes = 0
  #isFull = false
  /** The number that the oldest chunk here has, and the one that is sent next. */
  #firstSeq = 0
  #nextSeq = 0
  #acknowledged = 0

  /** `onFull` is told once if there is no room on disk: all is kept in memory then. */
  constructor(onFull: (error: unknown) => void, mostInMemory = MOST_IN_MEMORY_BYTES) {
    this.#onFull = onFull
    this.#mostInMemory = mostInMemory
  }

  /** How much there was in all, in bytes. */
  get endByte(): number {
    return this.#endByte
  }

  /** How many chunks were sent on this stream. */
  get sent(): number {
    return this.#nextSeq
  }

  get isSent(): boolean {
    return this.#nextSeq === this.#firstSeq + this.#chunks.length
  }

  /** Keep the next chunk. */
  add(pcm: Uint8Array): void {
    const isInMemory = this.#isFull || this.#inMemoryBytes + pcm.length <= this.#mostInMemory
    const stored = isInMemory ? inMemory(pcm) : this.#putAside(pcm)
    this.#append(stored, isInMemory || this.#isFull)
  }

  /** The next chunk to send, if there is one before `limit`. */
  due(limit: number): Uint8Array | null {
    if (this.#nextSeq >= limit) return null
    return this.#chunks[this.#nextSeq - this.#firstSeq]?.stored.read() ?? null
  }

  /** What `due` gave has left. */
  advance(): void {
    this.#nextSeq += 1
  }

  /** The sidecar has chunks before that one. */
  acknowledge(seq: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, seq)
  }

  /** The text of all before that byte is final. */
  settle(boundaryByte: number): void {
    this.#boundaryByte = Math.max(this.#boundaryByte, Math.min(boundaryByte, this.#endByte))
    let settled = 0
    while (this.#firstSeq + settled < this.#nextSeq && this.#isSettled(this.#chunks[settled])) {
      settled += 1
    }
    for (const chunk of this.#chunks.splice(0, settled)) this.#forget(chunk)
    this.#firstSeq += settled
  }

  /** Another stream hears what is here, from the boundary on. */
  rewind(): void {
    this.#firstSeq = 0
    this.#nextSeq = 0
    this.#acknowledged = 0
    const [first] = this.#chunks
    if (first === undefined || first.at >= this.#boundaryByte) return
    const rest = first.stored.read().subarray(this.#boundaryByte - first.at)
    this.#forget(first)
    this.#chunks[0] = { at: this.#boundaryByte, stored: inMemory(rest), isInMemory: true }
    this.#inMemoryBytes += rest.length
  }

  /** The same stream goes on over another connection, with that chunk. */
  resume(seq: number): void {
    this.#nextSeq = Math.max(seq, this.#firstSeq)
  }

  /** What is here and not known to be with the sidecar, also what comes while it is taken. */
  *unacknowledged(): Generator<Uint8Array> {
    const from = Math.max(0, this.#acknowledged - this.#firstSeq)
    for (const [at, chunk] of this.#chunks.entries()) {
      if (at < from) continue
      const before = Math.max(0, this.#boundaryByte - chunk.at)
      yield chunk.stored.read().subarray(before)
    }
  }

  /** Forget all of it. */
  close(): void {
    this.#chunks = []
    this.#overflow.close()
  }

  #append(stored: Stored, isInMemory: boolean): void {
    this.#chunks.push({ at: this.#endByte, stored, isInMemory })
    this.#endByte += stored.bytes
    if (isInMemory) this.#inMemoryBytes += stored.bytes
  }

  #putAside(pcm: Uint8Array): Stored {
    try {
      return this.#overflow.put(pcm)
    } catch (error) {
      this.#isFull = true
      this.#onFull(error)
      return inMemory(pcm)
    }
  }

  #isSettled(chunk: Chunk | undefined): boolean {
    return chunk !== undefined && chunk.at + chunk.stored.bytes <= this.#boundaryByte
  }

  #forget(chunk: Chunk): void {
    chunk.stored.forget()
    if (chunk.isInMemory) this.#inMemoryBytes -= chunk.stored.bytes
  }
}
