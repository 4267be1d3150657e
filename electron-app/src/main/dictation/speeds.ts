// How quick each engine is here, from what it was given to hear.

import type { EngineId, Timings } from '../../shared/protocol'

/** Less speech says little: most of its time is spent on getting started. */
const LEAST_SPEECH_MS = 1000

export class Speeds {
  readonly #heard = new Map<EngineId, { decodeMs: number; speechMs: number }>()

  take(engine: EngineId, timings: Timings): void {
    if (timings.speech_ms < LEAST_SPEECH_MS) return
    const { decodeMs, speechMs } = this.#heard.get(engine) ?? { decodeMs: 0, speechMs: 0 }
    this.#heard.set(engine, {
      decodeMs: decodeMs + timings.decode_ms,
      speechMs: speechMs + timings.speech_ms,
    })
  }

  /** Computing time divided by the length of the speech; silence costs an engine nothing. */
  all(): Readonly<Record<EngineId, number>> {
    const each = [...this.#heard].map(([engine, { decodeMs, speechMs }]) => {
      return [engine, decodeMs / speechMs] as const
    })
    return Object.fromEntries(each)
  }
}
