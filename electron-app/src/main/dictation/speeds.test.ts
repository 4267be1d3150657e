import { expect, test } from 'vitest'
import type { Timings } from '../../shared/protocol'
import { Speeds } from './speeds'

function timings(speech_ms: number, decode_ms: number): Timings {
  return { audio_ms: 60_000, speech_ms, decode_ms, total_ms: 60_000 }
}

test('a speed is all computing time over all speech, for each engine', () => {
  const speeds = new Speeds()
  speeds.take('one', timings(1000, 500))
  speeds.take('one', timings(3000, 500))
  speeds.take('two', timings(2000, 3000))

  expect(speeds.all()).toEqual({ one: 0.25, two: 1.5 })
})

test('a word or two say nothing about speed', () => {
  const speeds = new Speeds()
  speeds.take('one', timings(900, 5000))

  expect(speeds.all()).toEqual({})
})
