// What a person has chosen. A change shows at once, and is taken back if it cannot be kept.

import type { SottoApi } from '../../shared/api'
import type { AppError } from '../../shared/ipc'
import { isPreferencesPatch, type Preferences, type PreferencesPatch } from '../../shared/protocol'
import { asAppError } from './app-error'
import { cell, type Readable } from './cell'

export interface PreferencesStore extends Readable<Preferences | null> {
  load(): Promise<void>
  /** Resolves to null once it is kept, else to why it is not. */
  change(changes: PreferencesPatch): Promise<AppError | null>
}

const MISFIT: AppError = {
  kind: 'INVALID_PARAMS',
  message: 'This value is not possible.',
  retryable: false,
}

export function preferencesStore(api: SottoApi): PreferencesStore {
  const shown = cell<Preferences | null>(null)
  let kept: Preferences | null = null
  let waiting: readonly PreferencesPatch[] = []
  // One at a time: answers that overtake each other would show what is no longer chosen.
  let line: Promise<unknown> = Promise.resolve()

  const show = () => {
    if (kept !== null) shown.set(Object.assign({}, kept, ...waiting))
  }
  const keep = (preferences: Preferences) => {
    kept = preferences
    show()
  }
  const send = async (changes: PreferencesPatch): Promise<AppError | null> => {
    try {
      kept = await api.config.set(changes)
      return null
    } catch (reason) {
      return asAppError(reason)
    } finally {
      waiting = waiting.filter((other) => other !== changes)
      show()
    }
  }

  api.on('config:changed', keep)
  return {
    get: shown.get,
    subscribe: shown.subscribe,
    load: async () => keep(await api.config.get()),
    async change(changes) {
      if (!isPreferencesPatch(changes)) return MISFIT
      waiting = [...waiting, changes]
      show()
      const sent = line.then(() => send(changes))
      line = sent
      return sent
    },
  }
}
