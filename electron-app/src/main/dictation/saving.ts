// Bringing a text into the history, whatever happens to the sidecar meanwhile.

import type { EntryId, HistoryAddParams } from '../../shared/protocol'
import type { SidecarClient } from '../sidecar/client'
import type { Supervisor } from '../sidecar/supervisor'
import { isKind, persistently } from './links'

/** How many of the newest entries are looked through for one that may be there already. */
const LOOKED_THROUGH = 20

/** What was kept, and whether its audio was. */
export interface Saved {
  readonly entry: EntryId
  readonly hasItsAudio: boolean
}

/**
 * Keep a text and the recordings it was heard in; the text alone where these are gone.
 *
 * @param sinceMs Unix time of the dictation's begin: an earlier entry is another one.
 * Rejects with a SidecarError; the recordings are as they were then.
 */
export async function save(
  supervisor: Supervisor,
  entry: HistoryAddParams,
  sinceMs: number,
): Promise<Saved> {
  try {
    return { entry: await add(supervisor, entry, sinceMs), hasItsAudio: true }
  } catch (error) {
    if (!isKind(error, 'NO_SESSION')) throw error
    const { parts: _, ...alone } = entry
    return { entry: await add(supervisor, alone, sinceMs), hasItsAudio: false }
  }
}

function add(supervisor: Supervisor, entry: HistoryAddParams, sinceMs: number): Promise<EntryId> {
  return persistently(supervisor, async (client, attempt) => {
    // A call that was not answered may have been carried out.
    const known = attempt > 1 ? await find(client, entry.text, sinceMs) : null
    return known ?? (await client.call('history.add', entry)).result.entry
  })
}

async function find(client: SidecarClient, text: string, sinceMs: number): Promise<EntryId | null> {
  const { result } = await client.call('history.list', { limit: LOOKED_THROUGH })
  const same = result.entries.find((each) => each.text === text && each.created_ms >= sinceMs)
  return same?.entry ?? null
}
