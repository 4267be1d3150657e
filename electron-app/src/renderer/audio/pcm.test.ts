import { expect, test } from 'vitest'
import { CHUNK_SAMPLES, Chunker, MIN_CHUNK_SAMPLES, toInt16 } from './pcm'

function chunksOf(samples: readonly number[]): readonly DataView[] {
  const chunks: DataView[] = []
  const chunker = new Chunker((pcm) => chunks.push(new DataView(pcm)))
  for (const sample of samples) chunker.push(sample)
  chunker.flush()
  return chunks
}

test.each([
  [0, 0],
  [1, 32767],
  [-1, -32768],
  [0.5, 16384],
  [1 / 32768, 1],
  [2, 32767],
  [-2, -32768],
  [Number.NaN, 0],
  [Number.POSITIVE_INFINITY, 32767],
])('the sample %d becomes %d', (sample, expected) => {
  expect(toInt16(sample)).toBe(expected)
})

test('samples leave in their order, little end first, in chunks of 100 ms', () => {
  const samples = Array.from({ length: 2 * CHUNK_SAMPLES }, (_, i) => (i % 1000) / 32768)

  const chunks = chunksOf(samples)

  expect(chunks.map((chunk) => chunk.byteLength)).toEqual([3200, 3200])
  const heard = samples.map((_, i) =>
    chunks[Math.floor(i / CHUNK_SAMPLES)]?.getInt16((i % CHUNK_SAMPLES) * 2, true),
  )
  expect(heard).toEqual(samples.map((_, i) => i % 1000))
})

test('what is left leaves at the end', () => {
  const chunks = chunksOf(Array.from({ length: CHUNK_SAMPLES + 700 }, () => 0.25))

  expect(chunks.map((chunk) => chunk.byteLength)).toEqual([3200, 1400])
})

test('a last chunk that the host would not take is filled up with silence', () => {
  const [chunk] = chunksOf([0.5])

  expect(chunk?.byteLength).toBe(2 * MIN_CHUNK_SAMPLES)
  expect(chunk?.getInt16(0, true)).toBe(16384)
  expect(chunk?.getInt16(2, true)).toBe(0)
})

test('without samples nothing leaves', () => {
  expect(chunksOf([])).toEqual([])
})

test('a chunk that was moved away is not written again', () => {
  const chunks: ArrayBuffer[] = []
  const chunker = new Chunker((pcm) => chunks.push(structuredClone(pcm, { transfer: [pcm] })))

  for (let i = 0; i < 2 * CHUNK_SAMPLES; i++) chunker.push(i < CHUNK_SAMPLES ? 0.5 : 0.25)

  const firsts = chunks.map((chunk) => new DataView(chunk).getInt16(0, true))
  expect(firsts).toEqual([16384, 8192])
})
