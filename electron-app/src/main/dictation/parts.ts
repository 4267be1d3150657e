// What dictations work with, as far as they need to know it.

import type { AppError, Receipt } from '../../shared/ipc'
import type { EngineId, Preferences, Timings } from '../../shared/protocol'
import type { Supervisor } from '../sidecar/supervisor'
import type { Rescue } from './rescue'
import type { Saver } from './saving'

/** A receipt says what went wrong; only a mistake of ours rejects. */
export interface TextInserter {
  insert(text: string, preferences: Preferences): Promise<Receipt>
}

export interface KeyHolder {
  key(): Promise<string | null>
}

export interface Chosen {
  /** Waits for the sidecar where nothing is known yet. Rejects with a SidecarError. */
  get(): Promise<Preferences>
}

export interface DictationParts {
  readonly supervisor: Supervisor
  readonly preferences: Chosen
  readonly inserter: TextInserter
  readonly secrets: KeyHolder
  readonly rescue: Rescue
  readonly saver: Saver
  /** What a page may know of an error; logs those that nobody expected. */
  readonly toAppError: (error: unknown, doing: string) => AppError
  readonly onHeard: (engine: EngineId, timings: Timings) => void
  /** Work that goes on after a dictation has ended. */
  readonly later: (work: Promise<void>) => void
}
