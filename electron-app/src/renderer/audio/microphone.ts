// A microphone, as a recording sees it. The browser's is in capture.ts; tests script their own.

import type { MicError } from './errors'

export interface MicrophoneDevice {
  readonly id: string
  /** What a person sees, and what the preference remembers: ids change, names stay. */
  readonly label: string
}

export type MicEvent =
  /** The first real samples are there: speak now. */
  | { readonly kind: 'live' }
  /** Zeros alone for 1.5 s. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'heard' }
  /** The device is gone; another one is looked for, for as long as the capture is open. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'restored'; readonly label: string }
  /** Nothing more will come; `finish` still brings out what is there. */
  | { readonly kind: 'failed'; readonly error: MicError }

export interface CaptureSink {
  /** The next chunk: 16 kHz, mono, s16le, 100 ms; only the last one is shorter. */
  pcm(chunk: ArrayBuffer): void
  /** The loudest sample of the last 16 ms, from 0 to 1. */
  peak(value: number): void
  tell(event: MicEvent): void
}

/** One recording. After `release`, or once `finish` has resolved, its sink hears nothing more. */
export interface Capture {
  /** Go on with the device of this name; what was heard so far stays. */
  use(label: string): void
  /** Record for so long, hand over the last chunk, let go of the device. Never rejects. */
  finish(tailMs: number): Promise<void>
  /** Let go of the device at once. */
  release(): void
}

export interface Microphone {
  /** Makes ready what needs no permission, so that a recording begins sooner. */
  warm(): void
  /** @param label - of the device; the system's choice where it is empty or not there. */
  open(label: string, sink: CaptureSink): Capture
  /** Names are empty until the microphone was allowed once. */
  devices(): Promise<readonly MicrophoneDevice[]>
  /** Returns what ends it. */
  onDevices(listener: () => void): () => void
}
