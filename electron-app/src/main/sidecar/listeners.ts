// Who wants to be told of something.

export class Listeners<T> {
  readonly #listeners = new Set<(payload: T) => void>()

  /** Returns what ends it. */
  add(listener: (payload: T) => void): () => void {
    const own = (payload: T): void => listener(payload)
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  /** An error of one listener is nobody else's: it surfaces as uncaught. */
  tell(payload: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(payload)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
