// Work that takes long: it goes by a name, and is stopped by that name from any page.

import type { Event } from '../../shared/protocol'
import { SidecarError } from '../sidecar/errors'

/** What a call to the sidecar is made with, so that it tells how far it is and can be stopped. */
export interface JobOptions {
  readonly signal: AbortSignal
  readonly onEvent: (event: Event) => void
}

export class Jobs {
  readonly #stoppers = new Map<string, AbortController>()
  readonly #busy: string

  /** @param busy - says that it goes on already. */
  constructor(busy: string) {
    this.#busy = busy
  }

  /** Rejects with what the work rejects with, and BUSY where it goes on under that name. */
  async run<T>(
    name: string,
    onEvent: JobOptions['onEvent'],
    work: (options: JobOptions) => Promise<T>,
  ): Promise<T> {
    if (this.#stoppers.has(name)) throw new SidecarError('BUSY', this.#busy)
    const stopper = new AbortController()
    this.#stoppers.set(name, stopper)
    try {
      return await work({ signal: stopper.signal, onEvent })
    } finally {
      this.#stoppers.delete(name)
    }
  }

  /** Where nothing goes on under that name, nothing happens. */
  stop(name: string): void {
    this.#stoppers.get(name)?.abort()
  }
}
