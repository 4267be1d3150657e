// What a sidecar's silence means.

const UNRESPONSIVE_MS = 6000 // three pings
const DEAD_MS = 15_000
const SLEEP_GAP_MS = 5000
const GRACE_MS = 10_000

export type Verdict = 'well' | 'unresponsive' | 'dead'

/** Times are those of a clock that never goes back, `performance.now()`. */
export class Vitals {
  #checkedAtMs: number | undefined
  #silentFromMs = 0
  #isSuspended = false

  suspend(): void {
    this.#isSuspended = true
  }

  resume(nowMs: number): void {
    this.#isSuspended = false
    this.#checkedAtMs = nowMs
    this.#silentFromMs = Math.max(this.#silentFromMs, nowMs + GRACE_MS)
  }

  /** To be asked about every second: a long gap means that this machine, or this process, slept. */
  check(nowMs: number, heardAtMs: number): Verdict {
    if (this.#isSuspended) return 'well'
    if (nowMs - (this.#checkedAtMs ?? nowMs) > SLEEP_GAP_MS) this.resume(nowMs)
    this.#checkedAtMs = nowMs
    this.#silentFromMs = Math.max(this.#silentFromMs, heardAtMs)
    const silentMs = nowMs - this.#silentFromMs
    if (silentMs >= DEAD_MS) return 'dead'
    return silentMs >= UNRESPONSIVE_MS ? 'unresponsive' : 'well'
  }
}
