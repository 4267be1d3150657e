// What the worklet does with samples: wait for the first real one, resample, measure, cut.

import { Chunker, SAMPLE_RATE } from './pcm'
import { Resampler } from './resampler'

/** 16 ms: one peak for each frame of a display with 60 of them a second. */
export const PEAK_SAMPLES = 256
export const PEAK_MS = (1000 * PEAK_SAMPLES) / SAMPLE_RATE
/** Nobody speaks in exact zeros: after so many, the microphone is dead or muted. */
export const SILENT_MS = 1500

export interface PcmSink {
  pcm(chunk: ArrayBuffer): void
  /** The loudest sample of the last 16 ms, from 0 to 1. */
  peak(value: number): void
  /** The first sample that is not zero has come; only from here on anything is kept. */
  live(): void
  /** Zeros alone for 1.5 s. */
  silent(): void
  /** Other samples than zeros again. */
  heard(): void
}

export class PcmStream {
  readonly #sink: PcmSink
  readonly #chunker: Chunker
  readonly #resampler: Resampler | null
  readonly #silentSamples: number
  #resampled = new Float32Array(0)
  #isLive = false
  #zeros = 0
  #peak = 0
  #peakSamples = 0

  constructor(inputRate: number, sink: PcmSink) {
    this.#sink = sink
    this.#chunker = new Chunker((chunk) => sink.pcm(chunk))
    this.#resampler = inputRate === SAMPLE_RATE ? null : new Resampler(inputRate, SAMPLE_RATE)
    this.#silentSamples = (inputRate * SILENT_MS) / 1000
  }

  /** The next samples of the device. */
  push(samples: Float32Array): void {
    this.#watch(samples)
    if (this.#isLive) this.#keep(samples)
  }

  /** Brings out all that was pushed. */
  finish(): void {
    if (!this.#isLive) return
    if (this.#resampler) this.#keep(new Float32Array(this.#resampler.tailSamples))
    this.#chunker.flush()
  }

  /** Devices that begin late, above all Bluetooth ones, give zeros until then. */
  #watch(samples: Float32Array): void {
    const wasSilent = this.#zeros >= this.#silentSamples
    if (isZero(samples)) {
      this.#zeros += samples.length
      if (!wasSilent && this.#zeros >= this.#silentSamples) this.#sink.silent()
      return
    }
    this.#zeros = 0
    if (wasSilent) this.#sink.heard()
    if (this.#isLive) return
    this.#isLive = true
    this.#sink.live()
  }

  #keep(samples: Float32Array): void {
    if (!this.#resampler) {
      this.#emit(samples, samples.length)
      return
    }
    const room = this.#resampler.capacity(samples.length)
    // The size is that of one quantum, so this happens once.
    if (this.#resampled.length < room) this.#resampled = new Float32Array(room)
    this.#emit(this.#resampled, this.#resampler.process(samples, this.#resampled))
  }

  #emit(samples: Float32Array, count: number): void {
    for (let i = 0; i < count; i++) {
      const sample = samples[i] ?? 0
      this.#chunker.push(sample)
      this.#measure(Math.abs(sample))
    }
  }

  #measure(level: number): void {
    if (level > this.#peak) this.#peak = level
    if (++this.#peakSamples < PEAK_SAMPLES) return
    this.#sink.peak(Math.min(1, this.#peak))
    this.#peak = 0
    this.#peakSamples = 0
  }
}

function isZero(samples: Float32Array): boolean {
  for (let i = 0; i < samples.length; i++) if (samples[i] !== 0) return false
  return true
}
