// The last peaks of the recording, for whoever draws them: written and read without allocation.

const CAPACITY = 2048

export class LevelMeter {
  readonly #peaks = new Float32Array(CAPACITY)
  #count = 0

  /** How many peaks there were since the recording began. */
  get count(): number {
    return this.#count
  }

  push(peak: number): void {
    this.#peaks[this.#count % CAPACITY] = peak
    this.#count += 1
  }

  /** The peak of that index; 0 where there was none, or where it is too long ago. */
  at(index: number): number {
    if (index < 0 || index >= this.#count || index < this.#count - CAPACITY) return 0
    return this.#peaks[index % CAPACITY] ?? 0
  }

  clear(): void {
    this.#count = 0
  }
}
