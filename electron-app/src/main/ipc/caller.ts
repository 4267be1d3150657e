// One page, as its host sees it: what it calls, the audio it sends, and that it may vanish.

import type { DictationId } from '../../shared/ipc'
import { answer, type Envelope, type Handlers, type Unexpected } from './answer'

export interface CallerParts {
  readonly handlers: Handlers
  /** The next chunk of a dictation; one that is over ignores it. */
  readonly pushAudio: (dictation: DictationId, pcm: ArrayBuffer) => void
  readonly unexpected: Unexpected
}

/** 500 ms at 16 kHz. */
const MAX_CHUNK_BYTES = 16_000

export class Caller {
  readonly #parts: CallerParts
  /** Those that nobody would end if this page were gone. */
  readonly #dictations = new Set<DictationId>()
  #isGone = false

  constructor(parts: CallerParts) {
    this.#parts = parts
  }

  /** Never rejects. */
  async call(channel: unknown, args: unknown): Promise<Envelope> {
    const envelope = await answer(this.#parts.handlers, channel, args, this.#parts.unexpected)
    if ('ok' in envelope) this.#follow(channel, args, envelope.ok)
    return envelope
  }

  /** False where it is no chunk: whole samples of 16 bits, 500 ms at most. */
  push(dictation: unknown, pcm: unknown): boolean {
    if (typeof dictation !== 'number' || !(pcm instanceof ArrayBuffer)) return false
    const { byteLength } = pcm
    if (byteLength === 0 || byteLength % 2 === 1 || byteLength > MAX_CHUNK_BYTES) return false
    this.#parts.pushAudio(dictation, pcm)
    return true
  }

  /** What was said so far is kept among the interrupted recordings. */
  gone(): void {
    this.#isGone = true
    const { handlers, unexpected } = this.#parts
    for (const dictation of this.#dictations) {
      void answer(handlers, 'dictation:cancel', [dictation, true], unexpected)
    }
    this.#dictations.clear()
  }

  #follow(channel: unknown, args: unknown, result: unknown): void {
    if (channel === 'dictation:open') {
      this.#dictations.add(result as DictationId)
      if (this.#isGone) this.gone()
    } else if (channel === 'dictation:stop' || channel === 'dictation:cancel') {
      this.#dictations.delete((args as readonly [DictationId])[0])
    }
  }
}
