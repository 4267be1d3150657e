import { expect, test } from 'vitest'
import { PcmStream, PEAK_SAMPLES, SILENT_MS } from './pcm-stream'

type Told = 'live' | 'silent' | 'heard'

function listen(rate = 16_000) {
  const told: Told[] = []
  const peaks: number[] = []
  const samples: number[] = []
  const stream = new PcmStream(rate, {
    pcm: (chunk) => samples.push(...new Int16Array(chunk)),
    peak: (value) => peaks.push(value),
    live: () => told.push('live'),
    silent: () => told.push('silent'),
    heard: () => told.push('heard'),
  })
  const push = (level: number, ms: number) => {
    for (let i = 0; i < (rate * ms) / 1000; i += 128) stream.push(new Float32Array(128).fill(level))
  }
  return { stream, told, peaks, samples, push }
}

test('nothing is kept before the device gives its first real sample, and everything after it', () => {
  const { stream, told, samples, push } = listen()

  push(0, 400)
  expect(told).toEqual([])
  push(0.5, 80)
  push(0, 80)
  stream.finish()

  expect(told).toEqual(['live'])
  expect(samples).toHaveLength((2 * 80 * 16_000) / 1000)
  expect(samples[0]).toBe(16384)
})

test('a quiet room is no dead microphone', () => {
  const { told, push } = listen()

  push(0.00005, 10_000)

  expect(told).toEqual(['live'])
})

test('zeros alone are told once, and so is the return of sound', () => {
  const { told, push } = listen()

  push(0.1, 100)
  push(0, SILENT_MS - 100)
  expect(told).toEqual(['live'])
  push(0, 10_000)
  push(0.1, 100)

  expect(told).toEqual(['live', 'silent', 'heard'])
})

test('a microphone that is dead from the beginning is told, and may wake up', () => {
  const { told, samples, stream, push } = listen(48_000)

  push(0, SILENT_MS + 100)
  expect(told).toEqual(['silent'])
  push(0.1, 200)
  stream.finish()

  expect(told).toEqual(['silent', 'heard', 'live'])
  expect(samples.length).toBeGreaterThanOrEqual(3200)
})

test('there is a peak for each 16 ms of what is recorded', () => {
  const { stream, peaks } = listen()
  const samples = new Float32Array(3 * PEAK_SAMPLES).fill(0.1)
  samples[10] = -0.75
  samples[PEAK_SAMPLES] = 3

  stream.push(samples)

  expect(peaks.map((peak) => Math.round(peak * 100))).toEqual([75, 100, 10])
})

test.each([44_100, 48_000])('a second at %i Hz is a second at 16 kHz', (rate) => {
  const { stream, samples, peaks } = listen(rate)

  stream.push(new Float32Array(rate).fill(0.5))
  stream.finish()

  expect(samples).toHaveLength(16_000)
  expect(peaks).toHaveLength(Math.floor(16_000 / PEAK_SAMPLES))
})

test('a recording that never began has no end either', () => {
  const { stream, samples } = listen(48_000)

  stream.finish()

  expect(samples).toEqual([])
})
