// How long to wait before the sidecar is started again, and when to stop trying.

const FIRST_MS = 500
const LONGEST_MS = 30_000
const JITTER = 0.2
const STABLE_MS = 60_000
const LOOP_CRASHES = 5
const LOOP_MS = 180_000

export interface Retry {
  /** Counts from 1, until a sidecar was stable. */
  readonly attempt: number
  readonly delayMs: number
}

export class Backoff {
  readonly #nowMs: () => number
  readonly #random: () => number
  #attempt = 0
  #crashesMs: readonly number[] = []
  #readyAtMs: number | undefined

  /** `nowMs` never goes back; `random` is from 0 to 1. */
  constructor(nowMs: () => number, random: () => number) {
    this.#nowMs = nowMs
    this.#random = random
  }

  /** It can be spoken to: if that lasts, earlier crashes do not count. */
  ready(): void {
    this.#readyAtMs = this.#nowMs()
  }

  /** It ended unasked. Null where it does so again and again. */
  crashed(): Retry | null {
    const nowMs = this.#nowMs()
    const wasStable = this.#readyAtMs !== undefined && nowMs - this.#readyAtMs >= STABLE_MS
    this.#readyAtMs = undefined
    if (wasStable) this.#attempt = 0
    this.#crashesMs = [...this.#crashesMs, nowMs].filter((atMs) => nowMs - atMs < LOOP_MS)
    if (this.#crashesMs.length >= LOOP_CRASHES) return null
    const delayMs = Math.min(FIRST_MS * 2 ** this.#attempt, LONGEST_MS)
    this.#attempt += 1
    return { attempt: this.#attempt, delayMs: Math.round(delayMs * this.#jitter()) }
  }

  /** Somebody asks for a new beginning. */
  forget(): void {
    this.#attempt = 0
    this.#crashesMs = []
    this.#readyAtMs = undefined
  }

  #jitter(): number {
    return 1 + JITTER * (2 * this.#random() - 1)
  }
}
