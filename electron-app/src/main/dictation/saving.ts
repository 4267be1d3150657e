// Bringing a text into the history, whatever happens to the sidecar meanwhile.

import type { EntryId, HistoryAddParams } from '../../shared/protocol'
import type { Supervisor } from '../sidecar/supervisor'
import { isKind, persistently } from './links'

/** What was kept, and whether its audio was. */
export interface Saved {
  readonly entry: EntryId
  readonly hasItsAudio: boolean
}

/**
 * Keep a text and the recordings it was heard in; the text alone where these are gone.
 *
 * Rejects with a SidecarError; the recordings are as they were then.
 */
export async function save(supervisor: Supervisor, entry: HistoryAddParams): Promise<Saved> {
  try {
    return { entry: await add(supervisor, entry), hasItsAudio: true }
  } catch (error) {
    if (!isKind(error, 'NO_SESSION')) throw error
    const { parts: _, ...alone } = entry
    return { entry: await add(supervisor, alone), hasItsAudio: false }
  }
}

/** A call that was not answered may have been carried out: the same parts make one entry. */
function add(supervisor: Supervisor, entry: HistoryAddParams): Promise<EntryId> {
  return persistently(supervisor, async (client) => {
    return (await client.call('history.add', entry)).result.entry
  })
}
