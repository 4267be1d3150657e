// Two dictations may be made text at a time; their texts are inserted in the order they were said.

export class Turns {
  #last: Promise<void> = Promise.resolve()

  /**
   * Take the next turn, which is over once `done` settles; it must not reject.
   *
   * Returns what settles when all turns before it are over. Turns are taken when somebody has
   * stopped speaking: who still speaks elsewhere holds nobody up.
   */
  take(done: Promise<void>): Promise<void> {
    const before = this.#last
    this.#last = Promise.all([before, done]).then(() => {})
    return before
  }
}
