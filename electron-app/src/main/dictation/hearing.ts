// What the sidecar tells of a dictation, as it hears it: kept as text, and told on.

import type { DictationEvent } from '../../shared/ipc'
import type { Event } from '../../shared/protocol'
import { SidecarError } from '../sidecar/errors'
import { type Appended, Transcript } from './transcript'

/** Told of every event that pages are told, and of trouble that does not end it. */
export interface HearingListeners {
  readonly tell: (event: DictationEvent) => void
  readonly trouble: (error: SidecarError) => void
}

export class Hearing {
  readonly transcript = new Transcript()
  readonly #listeners: HearingListeners
  #hasSpeech = false
  #isComplete = true
  #lagMs = 0
  #trouble: SidecarError | null = null

  constructor(listeners: HearingListeners) {
    this.#listeners = listeners
  }

  /** Whether anybody was heard, by any sidecar. */
  get hasSpeech(): boolean {
    return this.#hasSpeech
  }

  /** Whether engines made text of all that they were given to hear, by any sidecar. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Why the sidecar ends the stream before its time. */
  get trouble(): SidecarError | null {
    return this.#trouble
  }

  /** Another stream goes on. */
  forgetTrouble(): void {
    this.#trouble = null
  }

  /** `textThere` is what the stream had when it was taken up again. */
  take(event: Event, textThere: string): void {
    const { tell } = this.#listeners
    switch (event.t) {
      case 'speech':
        this.#hasSpeech = true
        tell({ kind: 'speech', edge: event.edge })
        break
      case 'partial':
        tell({ kind: 'partial', text: this.transcript.partial(event) })
        break
      case 'commit':
        this.#tellCommit(this.transcript.catchUp(textThere, event.offset))
        this.#tellCommit(this.transcript.commit(event))
        break
      case 'segment_final':
        this.transcript.endSegment(event)
        break
      case 'status':
        this.#tellLag(event.lag_ms)
        break
      case 'error':
        this.#takeTrouble(event)
        break
      default: // what belongs to requests, and levels, which the page measures itself
        break
    }
  }

  /** Tell what of the whole text of a stream did not come as commits. */
  catchUp(text: string): void {
    this.#tellCommit(this.transcript.catchUp(text))
  }

  #tellCommit(appended: Appended | null): void {
    if (appended !== null) this.#listeners.tell({ kind: 'commit', ...appended })
  }

  #tellLag(lagMs: number): void {
    if (lagMs === this.#lagMs) return
    this.#lagMs = lagMs
    this.#listeners.tell({ kind: 'lag', lagMs })
  }

  #takeTrouble({ kind, message, recoverable, detail }: Extract<Event, { t: 'error' }>): void {
    const error = new SidecarError(kind as SidecarError['kind'], message, {
      ...(detail !== undefined && { detail }),
    })
    if (!recoverable) {
      this.#trouble = error
      return
    }
    // A journal without room loses no text; all else is a segment that will not be heard again.
    if (error.kind !== 'DISK_FULL') this.#isComplete = false
    this.#listeners.trouble(error)
  }
}
