// What the page and the audio thread tell each other.

export const CAPTURE_PROCESSOR = 'sotto-capture'

/** A chunk of PCM, a peak, or what became of the samples. */
export type FromWorklet = ArrayBuffer | number | 'live' | 'silent' | 'heard' | 'finished'

/** Go on for so long, then tell what is left, and that it was all. */
export interface ToWorklet {
  readonly finishAfterMs: number
}
