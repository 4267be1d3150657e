// What goes on: one dictation may be recorded while another one becomes text.

import type { DictationEvent, DictationId } from '../../shared/ipc'
import type { Activity } from './view'

export class Activities {
  readonly #each = new Map<DictationId, Activity>()

  /** All in all, after an event of a dictation. */
  after(dictation: DictationId, event: DictationEvent): Activity {
    if (event.kind === 'opened') this.#each.set(dictation, 'recording')
    if (event.kind === 'transcribing') this.#each.set(dictation, 'transcribing')
    if (event.kind === 'ended') this.#each.delete(dictation)
    const all = [...this.#each.values()]
    return all.includes('recording') ? 'recording' : (all[0] ?? 'idle')
  }
}
