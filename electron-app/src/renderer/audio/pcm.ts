// The form in which sound leaves the page: mono PCM at 16 kHz, 16 bits, little endian.

export const SAMPLE_RATE = 16_000
/** 100 ms: a fifth of what the host takes at most, and few enough messages. */
export const CHUNK_SAMPLES = 1600
/** 20 ms: the shortest chunk that the host takes. */
export const MIN_CHUNK_SAMPLES = 320
export const BYTES_PER_SAMPLE = 2

/** A sample in [-1, 1] as 16 bits; louder ones are clipped, and what is no number is silence. */
export function toInt16(sample: number): number {
  const scaled = Math.round(sample * 32768)
  return Math.max(-32768, Math.min(32767, scaled || 0))
}

/** Gathers samples to chunks of 100 ms. Each chunk is a buffer of its own, so it can be moved. */
export class Chunker {
  #chunk = newChunk()
  #filled = 0

  constructor(readonly emit: (pcm: ArrayBuffer) => void) {}

  push(sample: number): void {
    // A view with a stated byte order: a typed array would have that of the machine.
    this.#chunk.setInt16(this.#filled * BYTES_PER_SAMPLE, toInt16(sample), true)
    this.#filled += 1
    if (this.#filled === CHUNK_SAMPLES) this.#send(CHUNK_SAMPLES)
  }

  /** Sends what is left, filled up with silence to the shortest chunk that the host takes. */
  flush(): void {
    if (this.#filled > 0) this.#send(Math.max(this.#filled, MIN_CHUNK_SAMPLES))
  }

  #send(samples: number): void {
    const { buffer } = this.#chunk
    this.#chunk = newChunk()
    this.#filled = 0
    this.emit(samples === CHUNK_SAMPLES ? buffer : buffer.slice(0, samples * BYTES_PER_SAMPLE))
  }
}

function newChunk(): DataView<ArrayBuffer> {
  return new DataView(new ArrayBuffer(CHUNK_SAMPLES * BYTES_PER_SAMPLE))
}
