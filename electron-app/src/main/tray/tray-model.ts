// The tray's state, in one place. Whoever shows it is told when it looks different.

import type { DictationEvent, DictationId } from '../../shared/ipc'
import { Listeners } from '../sidecar/listeners'
import { Activities } from './activities'
import { type TrayState, type TrayView, viewOf } from './view'

const AT_START: TrayState = {
  uiLanguage: 'en',
  sidecar: { state: 'starting' },
  activity: 'idle',
  isPrivate: false,
  hotkey: '',
  engines: [],
  engine: '',
  languages: [],
  language: '',
}

export class TrayModel {
  readonly #listeners = new Listeners<TrayView>()
  readonly #activities = new Activities()
  #state = AT_START
  #shown = ''

  get state(): TrayState {
    return this.#state
  }

  get view(): TrayView {
    return viewOf(this.#state)
  }

  update(changes: Partial<TrayState>): void {
    this.#state = { ...this.#state, ...changes }
    // A menu that is built anew closes under the pointer: only for a reason.
    const view = this.view
    const shown = JSON.stringify(view)
    if (shown === this.#shown) return
    this.#shown = shown
    this.#listeners.tell(view)
  }

  hear(dictation: DictationId, event: DictationEvent): void {
    this.update({ activity: this.#activities.after(dictation, event) })
  }

  /** Returns what ends it. */
  onView(listener: (view: TrayView) => void): () => void {
    return this.#listeners.add(listener)
  }
}
