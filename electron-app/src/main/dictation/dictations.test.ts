import { afterAll, beforeAll, expect, test } from 'vitest'
import { LIMITS } from '../../shared/protocol'
import { Desk, sentences } from './testing'

let desk: Desk

beforeAll(async () => {
  desk = new Desk()
  await desk.sidecar.client()
}, 60_000)

afterAll(async () => {
  await desk.stop()
  expect(desk.unexpected).toEqual([])
}, 30_000)

test.each([0, 638, 641, 16_002])('a chunk of %i bytes is refused', async (bytes) => {
  const speaker = desk.open()

  const push = (): void => desk.dictations.push(speaker.id, new Uint8Array(bytes))

  expect(push).toThrow(expect.objectContaining({ kind: 'BAD_ARGUMENTS' }))
  speaker.cancel(false)
  await speaker.ended()
})

test('chunks from 20 to 500 ms are taken', async () => {
  const speaker = desk.open()

  desk.dictations.push(speaker.id, new Uint8Array(640))
  desk.dictations.push(speaker.id, new Uint8Array(16_000))
  speaker.stop()

  expect(await speaker.ended()).toBe('nothing-said')
}, 60_000)

test('what has ended can neither be stopped nor cancelled, and takes no audio', async () => {
  const speaker = desk.open()
  speaker.cancel(false)
  await speaker.ended()
  const told = speaker.events.length
  const refused = expect.objectContaining({ kind: 'NO_DICTATION' })

  desk.dictations.push(speaker.id, new Uint8Array(3200))

  expect(() => speaker.stop()).toThrow(refused)
  expect(() => speaker.cancel(true)).toThrow(refused)
  expect(() => desk.dictations.skipPolish(speaker.id)).toThrow(refused)
  expect(() => desk.dictations.stop(12_345)).toThrow(refused)
  expect(speaker.events.length).toBe(told)
}, 60_000)

test('so many dictations go on at a time, and side by side', async () => {
  const speakers = Array.from({ length: LIMITS.max_streams }, () => desk.open())

  const oneMore = (): unknown => desk.open()
  expect(oneMore).toThrow(expect.objectContaining({ kind: 'BUSY' }))
  for (const speaker of speakers) speaker.say(sentences(1))
  for (const speaker of speakers) speaker.stop()
  for (const speaker of speakers) expect(await speaker.ended()).toBe('done')
  const texts = speakers.map((speaker) => speaker.of('final')[0]?.text)

  expect(new Set(texts).size).toBe(1)
  expect(await desk.recordings()).toEqual([])
}, 60_000)

test('stopping twice is stopping once', async () => {
  const speaker = desk.open()
  speaker.say(sentences(1))

  speaker.stop()
  speaker.stop()
  await speaker.ended()

  expect(speaker.of('transcribing').length).toBe(1)
  expect(speaker.of('ended').length).toBe(1)
}, 60_000)

test('nothing is told before who opened it knows its number', async () => {
  const ids: number[] = []
  const off = desk.dictations.onEvent(({ dictation }) => ids.push(dictation))
  const id = desk.dictations.open({ isPrivate: false })
  const toldAtOnce = ids.length
  desk.dictations.cancel(id, false)
  await desk.dictations.idle()
  off()

  expect(toldAtOnce).toBe(0)
  expect(ids).toContain(id)
}, 60_000)
