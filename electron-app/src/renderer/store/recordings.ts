// Recordings that were interrupted: audio without a text, which must not be forgotten.

import type { SottoApi } from '../../shared/api'
import { type AppError, workOn } from '../../shared/ipc'
import type { KeptRecording } from '../../shared/protocol'
import { asAppError } from './app-error'
import { cell, type Readable } from './cell'
import { shareOf } from './share'

export interface Interrupted {
  readonly recording: KeptRecording
  readonly state: 'kept' | 'recovering' | 'discarding'
  /** Of the work on it, from 0 to 1; null where that is not known. */
  readonly share: number | null
  /** Why the last try to recover or discard it failed. */
  readonly error: AppError | null
}

export interface RecordingsStore extends Readable<readonly Interrupted[]> {
  load(): Promise<void>
  /** Resolves to null once it is an entry of the history, else to why it is not: say CANCELLED. */
  recover(recording: string): Promise<AppError | null>
  /** Recover it no more: it stays. Rejects with an AppError. */
  stop(recording: string): Promise<void>
  discard(recording: string): Promise<AppError | null>
}

export function recordingsStore(api: SottoApi): RecordingsStore {
  const shown = cell<readonly Interrupted[]>([])
  const change = (recording: string, changes: Partial<Interrupted>) =>
    shown.set(
      shown
        .get()
        .map((one) => (one.recording.recording === recording ? { ...one, ...changes } : one)),
    )
  const load = async () => {
    const recordings = await api.recordings.list()
    const known = new Map(shown.get().map((one) => [one.recording.recording, one]))
    shown.set(
      recordings
        .filter((recording) => recording.state === 'interrupted')
        .map((recording) => ({
          state: 'kept',
          share: null,
          error: null,
          ...known.get(recording.recording),
          recording,
        })),
    )
  }
  const during = async (
    recording: string,
    state: Interrupted['state'],
    act: () => Promise<unknown>,
  ): Promise<AppError | null> => {
    change(recording, { state, share: null, error: null })
    try {
      await act()
      shown.set(shown.get().filter((one) => one.recording.recording !== recording))
      return null
    } catch (reason) {
      const error = asAppError(reason)
      // Who stopped it needs not be told.
      change(recording, { state: 'kept', error: error.kind === 'CANCELLED' ? null : error })
      return error
    }
  }
  const reload = () => void load().catch(() => undefined)
  api.on('history:changed', reload)
  api.on('work:progress', ({ work, progress }) => {
    const one = shown.get().find(({ recording }) => workOn.recording(recording.recording) === work)
    if (one?.state === 'recovering') change(one.recording.recording, { share: shareOf(progress) })
  })
  return {
    get: shown.get,
    subscribe: shown.subscribe,
    load,
    recover: (recording) =>
      during(recording, 'recovering', () => api.recordings.recover(recording)),
    stop: async (recording) => {
      await api.work.stop(workOn.recording(recording))
    },
    discard: (recording) =>
      during(recording, 'discarding', () => api.recordings.discard(recording)),
  }
}
