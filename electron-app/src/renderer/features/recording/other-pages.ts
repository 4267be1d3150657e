// Dictations of other pages, as far as the hotkey of this one is concerned.

import type { DictationEvent, DictationId } from '../../../shared/ipc'

export class OtherPages {
  readonly #underWay = new Map<DictationId, 'hearing' | 'finishing'>()

  hear(dictation: DictationId, { kind }: DictationEvent): void {
    if (kind === 'ended') this.#underWay.delete(dictation)
    else if (kind === 'transcribing' || kind === 'final') this.#underWay.set(dictation, 'finishing')
    else if (!this.#underWay.has(dictation)) this.#underWay.set(dictation, 'hearing')
  }

  /** Whether one of them still takes audio: then the hotkey is meant for it. */
  get isOneHearing(): boolean {
    return [...this.#underWay.values()].includes('hearing')
  }
}
