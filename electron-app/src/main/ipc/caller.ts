// One page, as its host sees it: what it calls, the audio it sends, and that it may vanish.

import type { DictationId } from '../../shared/ipc'
import { answer, type Envelope, type Handlers, toAppError, type Unexpected } from './answer'

export interface CallerParts {
  readonly handlers: Handlers
  /** The next chunk of a dictation; one that is over ignores it. Throws where it is no chunk. */
  readonly pushAudio: (dictation: DictationId, pcm: Uint8Array) => void
  readonly unexpected: Unexpected
}

export class Caller {
  readonly #parts: CallerParts
  /** Those that nobody would end if this page were gone. */
  readonly #dictations = new Set<DictationId>()
  #hasPausedHotkey = false
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

  /** False where it is no chunk. */
  push(dictation: unknown, pcm: unknown): boolean {
    if (typeof dictation !== 'number' || !(pcm instanceof ArrayBuffer)) return false
    try {
      this.#parts.pushAudio(dictation, new Uint8Array(pcm))
      return true
    } catch (error) {
      toAppError(error, 'push', this.#parts.unexpected)
      return false
    }
  }

  /** What was said so far is kept among the interrupted recordings; the hotkey works again. */
  gone(): void {
    this.#isGone = true
    const { handlers, unexpected } = this.#parts
    for (const dictation of this.#dictations) {
      void answer(handlers, 'dictation:cancel', [dictation, true], unexpected)
    }
    this.#dictations.clear()
    if (this.#hasPausedHotkey) void answer(handlers, 'hotkey:pause', [false], unexpected)
    this.#hasPausedHotkey = false
  }

  #follow(channel: unknown, args: unknown, result: unknown): void {
    if (channel === 'dictation:open') {
      this.#dictations.add(result as DictationId)
    } else if (channel === 'dictation:stop' || channel === 'dictation:cancel') {
      this.#dictations.delete((args as readonly [DictationId])[0])
    } else if (channel === 'hotkey:pause') {
      this.#hasPausedHotkey = (args as readonly [boolean])[0]
    }
    if (this.#isGone) this.gone() // it went while this was answered
  }
}
