// Whether dictations leave anything behind. It ends with the app: nobody is left in it unawares.

import { Listeners } from '../sidecar/listeners'

export class PrivateMode {
  readonly #listeners = new Listeners<boolean>()
  #isOn = false

  get isOn(): boolean {
    return this.#isOn
  }

  /** Dictations that run stay what they were. */
  set(on: boolean): void {
    if (on === this.#isOn) return
    this.#isOn = on
    this.#listeners.tell(on)
  }

  /** Returns what ends it. */
  onChange(listener: (isOn: boolean) => void): () => void {
    return this.#listeners.add(listener)
  }
}
