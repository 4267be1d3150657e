// What a person has chosen, at hand without asking the sidecar each time.

import type { Preferences, PreferencesPatch } from '../shared/protocol'
import type { SidecarClient } from './sidecar/client'
import { Listeners } from './sidecar/listeners'
import type { Supervisor } from './sidecar/supervisor'

export class PreferencesCache {
  readonly #supervisor: Supervisor
  readonly #changes = new Listeners<Preferences>()
  /** Null until the sidecar was heard once. */
  #known: Preferences | null = null
  #asking = 0

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor
    supervisor.onClient((client) => {
      client.on('changed', ({ what }) => {
        if (what === 'config') void this.#refresh(client)
      })
      void this.#refresh(client)
    })
  }

  /** Waits for the sidecar only the first time. Rejects with a SidecarError. */
  async get(): Promise<Preferences> {
    if (this.#known !== null) return this.#known
    const client = await this.#supervisor.client()
    return this.#take((await client.call('config.get', {})).result)
  }

  /** Rejects with a SidecarError where the sidecar refuses, or is away. */
  async set(changes: PreferencesPatch): Promise<Preferences> {
    const client = await this.#supervisor.client()
    return this.#take((await client.call('config.set', { changes })).result)
  }

  /** Told of what was chosen, also by other programs. Returns what ends it. */
  onChange(listener: (preferences: Preferences) => void): () => void {
    return this.#changes.add(listener)
  }

  /** A later question's answer is the newer one, whichever arrives first. */
  async #refresh(client: SidecarClient): Promise<void> {
    const turn = ++this.#asking
    try {
      const { result } = await client.call('config.get', {})
      if (turn === this.#asking) this.#take(result)
    } catch {
      // The connection broke: the next client is asked again.
    }
  }

  #take(preferences: Preferences): Preferences {
    const changed = JSON.stringify(preferences) !== JSON.stringify(this.#known)
    this.#known = preferences
    if (changed) this.#changes.tell(preferences)
    return preferences
  }
}
