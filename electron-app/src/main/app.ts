// The app without its surroundings: what Electron's main process and the web host have in common.

import { setTimeout as pause } from 'node:timers/promises'
import type { DictationId, HostInfo } from '../shared/ipc'
import { Dictations } from './dictation/dictations'
import { type Handlers, toAppError, type Unexpected } from './ipc/answer'
import { makeHandlers } from './ipc/handlers'
import type { Hotkeys, Inserter, Secrets, Surfaces, Tell } from './ipc/services'
import { PreferencesCache } from './preferences'
import type { Supervisor } from './sidecar/supervisor'
import { PrivateMode } from './tray/private-mode'

/** Longer takes only a paste that waits for somebody's permission; its text is on the clipboard. */
const PASTE_MS = 2000

/** What differs between hosts. */
export interface HostParts {
  /** What the host can do may change. */
  readonly info: () => HostInfo
  readonly inserter: Inserter
  readonly secrets: Secrets
  readonly hotkeys: Hotkeys
  readonly surfaces: Surfaces
  readonly pickFolder: () => Promise<string | null>
  readonly tell: Tell
  /** A private folder for audio that no sidecar could take. */
  readonly rescueFolder: string
  readonly unexpected: Unexpected
}

export class App {
  readonly handlers: Handlers
  readonly preferences: PreferencesCache
  readonly privateMode = new PrivateMode()
  readonly #supervisor: Supervisor
  readonly #dictations: Dictations
  readonly #inserter: Inserter
  readonly #tell: Tell

  /** Pages are told from the start; `start` begins the sidecar. */
  constructor(supervisor: Supervisor, host: HostParts) {
    this.#supervisor = supervisor
    this.#inserter = host.inserter
    this.#tell = host.tell
    this.preferences = new PreferencesCache(supervisor)
    this.#dictations = new Dictations({
      supervisor,
      preferences: this.preferences,
      inserter: host.inserter,
      secrets: host.secrets,
      rescueFolder: host.rescueFolder,
      toAppError: (error, doing) => toAppError(error, doing, host.unexpected),
    })
    this.handlers = makeHandlers({
      ...host,
      supervisor,
      preferences: this.preferences,
      dictations: this.#dictations,
      privateMode: this.privateMode,
      speeds: () => this.#dictations.speeds(),
    })
    this.#follow()
  }

  start(): void {
    this.#supervisor.start()
  }

  pushAudio(dictation: DictationId, pcm: Uint8Array): void {
    this.#dictations.push(dictation, pcm)
  }

  /** What was said and is no text yet is kept; then the sidecar ends. Within 11 s. */
  async stop(): Promise<void> {
    await this.#dictations.close()
    await Promise.race([this.#inserter.idle(), pause(PASTE_MS, undefined, { ref: false })])
    await this.#supervisor.stop()
  }

  #follow(): void {
    this.#supervisor.onStatus((status) => this.#tell('sidecar:status', status))
    this.#supervisor.onClient((client) => {
      client.on('state', ({ engine, state }) => this.#tell('engine:state', { engine, state }))
      client.on('changed', ({ what }) => {
        if (what === 'history') this.#tell('history:changed', undefined)
      })
    })
    this.preferences.onChange((preferences) => this.#tell('config:changed', preferences))
    this.privateMode.onChange((isOn) => this.#tell('private:changed', isOn))
    this.#dictations.onEvent((told) => this.#tell('dictation', told))
  }
}
