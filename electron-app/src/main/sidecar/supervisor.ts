// Owns the sidecar: starts it, watches it, starts it again, and ends it for sure.

import type { SidecarStatus } from '../../shared/ipc'
import type { SidecarClient } from './client'

export interface Supervisor {
  readonly status: SidecarStatus
  /** Told of every change. Returns what ends it. */
  onStatus(listener: (status: SidecarStatus) => void): () => void
  /** Waits until there is one. Rejects with SIDECAR_DOWN when the sidecar failed or was stopped. */
  client(): Promise<SidecarClient>
  /**
   * Told of every new client, also of one to the same run (compare `hello.epoch`) after a broken
   * connection. Returns what ends it.
   */
  onClient(listener: (client: SidecarClient) => void): () => void
  /** Begin. Harmless a second time. */
  start(): void
  /** End the sidecar if there is one, forget earlier crashes, and start over. */
  restart(): void
  /** End it, more and more firmly: within 6 s. */
  stop(): Promise<void>
  /** End it now, without waiting: for when the process is about to exit. */
  kill(): void
  /** The machine goes to sleep: silence means nothing from now on. */
  suspend(): void
  /** It is awake: the sidecar gets a moment to come to itself. */
  resume(): void
  /** The last lines of its log, without texts, keys and paths. */
  logTail(): readonly string[]
}
