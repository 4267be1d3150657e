// Changes the sample rate of a stream: a polyphase low-pass filter, a sinc under a Kaiser window.

/** How far down everything is that could fold back into the band of speech. */
const STOPBAND_DB = 80
/** Share of the band below the lower Nyquist frequency in which the filter falls off. */
const TRANSITION = 0.1

/**
 * Keeps all below 90 % of the lower Nyquist frequency (7.2 kHz at 16 kHz) and nothing from there
 * on upwards that could alias. Output sample k lies at the time of k / outputRate: no delay is
 * added, but a sample is known only when half a filter of input has followed it.
 */
export class Resampler {
  readonly #up: number
  readonly #down: number
  readonly #taps: number
  /** One row of `taps` weights for each of `up` positions between two input samples. */
  readonly #weights: Float32Array
  /** The last `taps` input samples, written twice so that a window of them is always contiguous. */
  readonly #history: Float32Array
  #head = 0
  /** From the window's middle to the next output, in input samples times `up`. */
  #phase: number

  constructor(inputRate: number, outputRate: number) {
    const divisor = greatestCommonDivisor(inputRate, outputRate)
    this.#up = outputRate / divisor
    this.#down = inputRate / divisor
    this.#taps = tapCount(inputRate, outputRate)
    this.#weights = polyphase(this.#up, this.#taps, Math.min(1, outputRate / inputRate))
    this.#history = new Float32Array(2 * this.#taps)
    // The first input sample is in the middle once half a filter has followed it.
    this.#phase = (this.#taps / 2 + 1) * this.#up
  }

  /** Most output samples that so many input samples can give. */
  capacity(inputSamples: number): number {
    return Math.ceil((inputSamples * this.#up) / this.#down) + 1
  }

  /** Writes what is known now to `output`, and returns how many samples that is. */
  process(input: Float32Array, output: Float32Array): number {
    let count = 0
    for (let i = 0; i < input.length; i++) {
      this.#remember(input[i] ?? 0)
      this.#phase -= this.#up
      for (; this.#phase < this.#up; this.#phase += this.#down)
        output[count++] = this.#at(this.#phase)
    }
    return count
  }

  /** Input samples of silence that bring out all that is still inside. */
  get tailSamples(): number {
    return this.#taps / 2
  }

  #remember(sample: number): void {
    this.#history[this.#head] = sample
    this.#history[this.#head + this.#taps] = sample
    this.#head = (this.#head + 1) % this.#taps
  }

  #at(phase: number): number {
    const row = phase * this.#taps
    let sum = 0
    for (let tap = 0; tap < this.#taps; tap++)
      sum += (this.#weights[row + tap] ?? 0) * (this.#history[this.#head + tap] ?? 0)
    return sum
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

/** Kaiser's estimate of the length, in input samples; even, so that it has two equal halves. */
function tapCount(inputRate: number, outputRate: number): number {
  const transition = (TRANSITION * Math.min(inputRate, outputRate)) / 2 / inputRate
  return 2 * Math.ceil((STOPBAND_DB - 7.95) / (14.36 * transition) / 2)
}

/** @param band - the lower Nyquist frequency as a share of the input's. */
function polyphase(up: number, taps: number, band: number): Float32Array {
  const weights = new Float32Array(up * taps)
  const cutoff = band * (1 - TRANSITION / 2)
  const beta = 0.1102 * (STOPBAND_DB - 8.7)
  for (let phase = 0; phase < up; phase++) {
    const row = new Float64Array(taps)
    for (let tap = 0; tap < taps; tap++) {
      const distance = tap - taps / 2 + 1 - phase / up
      row[tap] = sinc(distance * cutoff) * kaiser(distance / (taps / 2), beta)
    }
    // Each row by itself, or a constant level would ripple with the phases.
    const gain = row.reduce((sum, weight) => sum + weight, 0)
    for (const [tap, weight] of row.entries()) weights[phase * taps + tap] = weight / gain
  }
  return weights
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
}

function kaiser(x: number, beta: number): number {
  return Math.abs(x) >= 1 ? 0 : bessel(beta * Math.sqrt(1 - x * x)) / bessel(beta)
}

/** The modified Bessel function of the first kind and order 0, by its series. */
function bessel(x: number): number {
  let term = 1
  let sum = 1
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / 2 / k) ** 2
    sum += term
  }
  return sum
}
