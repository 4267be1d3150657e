// The way of one dictation's audio to the host. What comes before the host has given it a name waits.

import type { DictationId } from '../../../shared/ipc'
import type { RecorderHost } from './recorder'

type DictationCalls = RecorderHost['dictation']

export class Uplink {
  readonly #calls: DictationCalls
  /** In order; only until the dictation is open, which takes milliseconds. */
  #held: ArrayBuffer[]
  #dictation: DictationId | null = null
  /** Rejects with an AppError where the host does not take the dictation. */
  readonly opened: Promise<DictationId>

  /** @param held - audio that another dictation could not hand over. */
  constructor(calls: DictationCalls, isPrivate: boolean, held: readonly ArrayBuffer[] = []) {
    this.#calls = calls
    this.#held = [...held]
    this.opened = this.#open(isPrivate)
  }

  push(chunk: ArrayBuffer): void {
    if (this.#dictation === null) this.#held.push(chunk)
    else this.#calls.push(this.#dictation, chunk)
  }

  /** All was pushed. Rejects with an AppError. */
  async stop(): Promise<void> {
    await this.#calls.stop(await this.opened)
  }

  /** Rejects with an AppError. */
  async cancel(keep: boolean): Promise<void> {
    await this.#calls.cancel(await this.opened, keep)
  }

  /** Rejects with an AppError. */
  async skipPolish(): Promise<void> {
    await this.#calls.skipPolish(await this.opened)
  }

  /** What the host has not got. */
  get held(): readonly ArrayBuffer[] {
    return this.#held
  }

  async #open(isPrivate: boolean): Promise<DictationId> {
    const dictation = await this.#calls.open({ isPrivate })
    this.#dictation = dictation
    for (const chunk of this.#held) this.#calls.push(dictation, chunk)
    this.#held = []
    return dictation
  }
}
