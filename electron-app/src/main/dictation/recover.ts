// Interrupted recordings of the journal become entries of the history.

import type { HistoryEntry } from '../../shared/protocol'
import type { CallOptions, SidecarClient } from '../sidecar/client'
import { SidecarError } from '../sidecar/errors'
import { entryOf } from './history-entry'

/** However slow the engine: so many times as long as the recording, and a while for its start. */
const SLOWEST_RTF = 10
const START_MS = 600_000

/** How long hearing a recording may take. */
export function patienceMs(audioMs: number): number {
  return START_MS + SLOWEST_RTF * audioMs
}

/**
 * Transcribe an interrupted recording, and keep the text with its audio.
 *
 * Rejects with a SidecarError; the recording is where it was then. BAD_AUDIO with the detail
 * `no-speech`: there is nothing to keep a text of. CANCELLED: it was stopped.
 */
export async function recoverRecording(
  client: SidecarClient,
  recording: string,
  options: Pick<CallOptions, 'signal' | 'onEvent'> = {},
): Promise<HistoryEntry> {
  const { result: heard } = await client.call(
    'journal.recover',
    { recording },
    { ...options, timeoutMs: patienceMs(await lengthMs(client, recording)) },
  )
  if (heard.text.trim() === '') {
    throw new SidecarError(
      'BAD_AUDIO',
      'No speech was found in this recording. Discard it if you do not need it.',
      { detail: 'no-speech' },
    )
  }
  return (await client.call('history.add', entryOf(heard, [{ recording }]))).result
}

async function lengthMs(client: SidecarClient, recording: string): Promise<number> {
  const { result } = await client.call('journal.list', {})
  return result.recordings.find((each) => each.recording === recording)?.audio_ms ?? 0
}
