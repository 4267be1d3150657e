// Runs in the audio thread of the browser, from a file of its own: the page's policy allows no
// scripts but files.

import { PcmStream } from './pcm-stream'
import { CAPTURE_PROCESSOR, type FromWorklet, type ToWorklet } from './worklet-messages'

// What the browser has in this thread; TypeScript's library does not know of it.
declare const sampleRate: number
declare const currentFrame: number
declare class AudioWorkletProcessor {
  readonly port: MessagePort
}
declare function registerProcessor(name: string, processor: typeof AudioWorkletProcessor): void

class CaptureProcessor extends AudioWorkletProcessor {
  readonly #stream = new PcmStream(sampleRate, {
    pcm: (chunk) => this.#tell(chunk, [chunk]),
    // A bare number, since 60 of them a second are the dearest messages here.
    peak: (value) => this.#tell(value),
    live: () => this.#tell('live'),
    silent: () => this.#tell('silent'),
    heard: () => this.#tell('heard'),
  })
  #endFrame = Number.POSITIVE_INFINITY

  constructor() {
    super()
    this.port.onmessage = ({ data }: MessageEvent<ToWorklet>) => {
      // Counted here, in samples: timers of a page that is out of sight may be a second late.
      this.#endFrame = currentFrame + (data.finishAfterMs * sampleRate) / 1000
    }
  }

  /** Called for each 128 frames, also while no device is connected. */
  process(inputs: readonly (readonly Float32Array[])[]): boolean {
    const samples = inputs[0]?.[0]
    if (samples) this.#stream.push(samples)
    if (currentFrame < this.#endFrame) return true
    this.#stream.finish()
    this.#tell('finished')
    return false
  }

  #tell(message: FromWorklet, moved: Transferable[] = []): void {
    this.port.postMessage(message, moved)
  }
}

registerProcessor(CAPTURE_PROCESSOR, CaptureProcessor)
