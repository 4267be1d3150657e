import { expect, test, vi } from 'vitest'
import { encodeRequest } from '../../shared/codec'
import { type HistoryAddParams, LIMITS, type Segment, type Word } from '../../shared/protocol'
import { entryOf, fitting } from './history-entry'

vi.setConfig({ testTimeout: 30_000 }) // for a machine that has much else to do

function segments(n: number, wordsEach: number): Segment[] {
  const word: Word = { text: 'word', start_ms: 1_000_000, end_ms: 1_000_300 }
  const words = Array.from({ length: wordsEach }, () => word)
  return Array.from({ length: n }, () => ({ start_ms: 0, end_ms: 1000, text: 'a segment', words }))
}

function entry(own: readonly Segment[], text = 'all of it'): HistoryAddParams {
  return { text, segments: own, engine: 'scripted', duration_ms: 1000 }
}

test('an entry that fits has all there is', () => {
  const whole = entry(segments(10, 20))

  expect(fitting(whole)).toEqual(whole)
})

test('words are left out where they would make the message too large', () => {
  const kept = fitting(entry(segments(500, 20)))

  expect(kept.segments?.length).toBe(500)
  expect(kept.segments?.every((segment) => segment.words.length === 0)).toBe(true)
})

test('segments are left out where they alone are too large', () => {
  const kept = fitting(entry(segments(20_000, 0), '很'.repeat(80_000)))

  expect(kept).toEqual({ text: '很'.repeat(80_000), engine: 'scripted', duration_ms: 1000 })
})

test('what is kept goes into one message, envelope and all', () => {
  const limit = LIMITS.max_header_bytes
  for (const n of [100, 290, 300, 310, 4000, 5000, 6000]) {
    const params = fitting(entry(segments(n, 20)))
    const header = encodeRequest(2 ** 32 - 1, 'history.add', params, 30_000)
    expect(header.length).toBeLessThanOrEqual(limit)
  }
})

test('a recovered recording becomes an entry with its audio', () => {
  const made = entryOf(
    {
      text: 'hello',
      segments: segments(1, 1),
      engine: 'scripted',
      language: 'en',
      timings: { audio_ms: 1200, speech_ms: 1000, decode_ms: 10, total_ms: 20 },
      notices: [],
    },
    [{ recording: '0'.repeat(32) }],
  )

  expect(made).toEqual({
    text: 'hello',
    segments: segments(1, 1),
    engine: 'scripted',
    language: 'en',
    duration_ms: 1200,
    parts: [{ recording: '0'.repeat(32) }],
  })
})
