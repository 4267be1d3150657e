import { expect, test } from 'vitest'
import { Resampler } from './resampler'

const OUTPUT_RATE = 16_000

function tone(hz: number, rate: number, seconds: number): Float32Array {
  return Float32Array.from({ length: rate * seconds }, (_, i) =>
    Math.sin((2 * Math.PI * hz * i) / rate),
  )
}

/** All of it, in the blocks that an audio graph gives. */
function resample(input: Float32Array, rate: number, block = 128): Float32Array {
  const resampler = new Resampler(rate, OUTPUT_RATE)
  const output: number[] = []
  const piece = new Float32Array(resampler.capacity(block))
  for (let at = 0; at < input.length; at += block) {
    const count = resampler.process(input.subarray(at, at + block), piece)
    output.push(...piece.subarray(0, count))
  }
  return Float32Array.from(output)
}

/** Away from the ends, where the filter sees silence around the tone. */
function middle(samples: Float32Array): Float32Array {
  return samples.subarray(1000, samples.length - 1000)
}

function rms(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length)
}

const decibels = (ratio: number): number => 20 * Math.log10(ratio)

test.each([8000, 22_050, 32_000, 44_100, 48_000, 96_000])(
  'a tone in the band of speech comes out of %i Hz as it would be sampled at 16 kHz',
  (rate) => {
    const hz = Math.min(3000, rate * 0.4)

    const heard = resample(tone(hz, rate, 0.5), rate)

    const expected = tone(hz, OUTPUT_RATE, 0.5)
    const error = middle(heard.map((x, i) => x - (expected[i] ?? 0)))
    expect(decibels(rms(error) / rms(expected))).toBeLessThan(-70)
  },
)

test.each([8000, 9000, 11_000, 12_500, 15_900, 20_000])(
  'a tone of %i Hz, which 16 kHz cannot carry, leaves no alias',
  (hz) => {
    const input = tone(hz, 48_000, 0.5)

    const heard = middle(resample(input, 48_000))

    expect(decibels(rms(heard) / rms(input))).toBeLessThan(-78)
  },
)

test.each([100, 1000, 4000, 7000, 7200])('a tone of %i Hz keeps its loudness', (hz) => {
  const heard = middle(resample(tone(hz, 44_100, 0.5), 44_100))

  expect(Math.abs(decibels(rms(heard) * Math.SQRT2))).toBeLessThan(0.02)
})

test('a constant level stays constant in every phase', () => {
  const heard = middle(resample(new Float32Array(44_100).fill(0.5), 44_100))

  for (const sample of heard) expect(sample).toBeCloseTo(0.5, 6)
})

test('it does not matter in which pieces the input comes', () => {
  const input = tone(440, 44_100, 0.2)

  const whole = resample(input, 44_100, input.length)

  expect(resample(input, 44_100, 128)).toEqual(whole)
  expect(resample(input, 44_100, 1)).toEqual(whole)
})

test('silence of the length of the tail brings out the last sample', () => {
  const resampler = new Resampler(48_000, OUTPUT_RATE)
  const output = new Float32Array(resampler.capacity(48_000))

  const before = resampler.process(new Float32Array(4800), output)
  const after = resampler.process(new Float32Array(resampler.tailSamples), output)

  expect(before + after).toBe(1600)
})
