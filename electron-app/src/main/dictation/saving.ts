// Bringing a text into the history, whatever happens to the sidecar meanwhile.

import type { EntryId, HistoryAddParams } from '../../shared/protocol'
import type { Supervisor } from '../sidecar/supervisor'
import { isKind, persistently } from './links'

/** What was kept, and whether its audio was. */
export interface Saved {
  readonly entry: EntryId
  readonly hasItsAudio: boolean
}

/** One text after the other: the history has them in the order in which they came. */
export class Saver {
  readonly #supervisor: Supervisor
  #last: Promise<unknown> = Promise.resolve()

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor
  }

  /**
   * Keep a text and the recordings it was heard in; the text alone where these are gone.
   *
   * Rejects with a SidecarError; the recordings are as they were then.
   */
  save(entry: HistoryAddParams): Promise<Saved> {
    const saved = this.#last.then(() => save(this.#supervisor, entry))
    this.#last = saved.catch(() => {}) // it is told to who asked
    return saved
  }
}

async function save(supervisor: Supervisor, entry: HistoryAddParams): Promise<Saved> {
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
