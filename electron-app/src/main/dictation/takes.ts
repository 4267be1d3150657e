// Which recordings of the journal hold the audio of a dictation, and where each is cut.

import { randomBytes } from 'node:crypto'
import type { HistoryPart } from '../../shared/protocol'

interface Take {
  readonly recording: string
  readonly startMs: number
  readonly endMs: number | null
}

/** One recording for each stream of the sidecar. */
export class Takes {
  #takes: Take[] = []

  /** Another stream begins there; what the one before has behind that is heard again. */
  begin(startMs: number): string {
    const recording = randomBytes(16).toString('hex')
    this.#takes = this.#takes.map((take) => ({ ...take, endMs: take.endMs ?? startMs }))
    this.#takes.push({ recording, startMs, endMs: null })
    return recording
  }

  /** All of them. */
  get recordings(): readonly string[] {
    return this.#takes.map((take) => take.recording)
  }

  /** What gives the audio, of which there is so much, if it is joined. */
  parts(audioMs: number): readonly HistoryPart[] {
    return this.#holding(audioMs).map(({ recording, startMs, endMs }) => {
      return endMs === null ? { recording } : { recording, end_ms: endMs - startMs }
    })
  }

  /** Those that nothing is taken from. */
  spare(audioMs: number): readonly string[] {
    const holding = this.#holding(audioMs).map((take) => take.recording)
    return this.recordings.filter((recording) => !holding.includes(recording))
  }

  #holding(audioMs: number): readonly Take[] {
    return this.#takes.filter(({ startMs, endMs }) => (endMs ?? audioMs) > startMs)
  }
}
