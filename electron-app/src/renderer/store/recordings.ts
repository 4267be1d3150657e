// Recordings that were interrupted: audio without a text, which must not be forgotten.

import type { SottoApi } from '../../shared/api'
import type { AppError } from '../../shared/ipc'
import type { KeptRecording } from '../../shared/protocol'
import { asAppError } from './app-error'
import { cell, type Readable } from './cell'

export interface Interrupted {
  readonly recording: KeptRecording
  readonly state: 'kept' | 'recovering' | 'discarding'
  /** Why the last try to recover or discard it failed. */
  readonly error: AppError | null
}

export interface RecordingsStore extends Readable<readonly Interrupted[]> {
  load(): Promise<void>
  recover(recording: string): Promise<void>
  discard(recording: string): Promise<void>
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
  ) => {
    change(recording, { state, error: null })
    try {
      await act()
      shown.set(shown.get().filter((one) => one.recording.recording !== recording))
    } catch (reason) {
      change(recording, { state: 'kept', error: asAppError(reason) })
    }
  }
  const reload = () => void load().catch(() => undefined)
  api.on('history:changed', reload)
  return {
    get: shown.get,
    subscribe: shown.subscribe,
    load,
    recover: (recording) =>
      during(recording, 'recovering', () => api.recordings.recover(recording)),
    discard: (recording) =>
      during(recording, 'discarding', () => api.recordings.discard(recording)),
  }
}
