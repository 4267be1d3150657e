import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { silence } from '../sidecar/testing'
import { chunksOf, type Desk, desks, sentences, unceasing } from './testing'

const SAID = sentences(3)
const SAID_MS = 100 * chunksOf(SAID).length
const desk = desks()

/** Files in which a text stands. */
function filesWith(own: Desk, text: string): readonly string[] {
  return own.files().filter((file) => {
    try {
      return readFileSync(join(own.sidecar.folder, file)).includes(text)
    } catch {
      return false // a folder, or a socket
    }
  })
}

test('what is said becomes text, is inserted and kept with its audio', async () => {
  const own = desk()

  const speaker = await own.dictate(SAID)

  const [final] = speaker.of('final')
  const [saved] = speaker.of('saved')
  const entries = await own.entries()
  expect(speaker.kinds.slice(0, 3)).toEqual(['transcribing', 'opened', 'final'])
  expect([...speaker.kinds.slice(3, 5)].sort()).toEqual(['inserted', 'saved'])
  expect(speaker.events.at(-1)).toEqual({ kind: 'ended', outcome: 'done' })
  expect(final?.text.split(' ').length).toBeGreaterThan(15)
  expect(speaker.shown).toBe(final?.text)
  expect(own.inserter.inserted).toEqual([final?.text])
  expect(entries).toMatchObject([
    { entry: saved?.entry, text: final?.text, engine: 'scripted', duration_ms: SAID_MS },
  ])
  expect(await own.hasTheAudio(SAID)).toBe(true)
  expect(await own.recordings()).toEqual([])
  expect(own.dictations.speeds()['scripted']).toBeGreaterThan(0)
}, 60_000)

test('the history has segments with their words, in the time of the dictation', async () => {
  const own = desk()

  const speaker = await own.dictate(SAID)

  const client = await own.sidecar.client()
  const { entry } = await speaker.until('saved')
  const { segments } = (await client.call('history.get', { entry })).result
  expect(segments.length).toBe(3)
  expect(segments.map((each) => each.text).join(' ')).toBe(speaker.of('final')[0]?.text)
  for (const { start_ms, end_ms, words } of segments) {
    expect(words.length).toBeGreaterThan(3)
    expect(words.every((word) => word.start_ms >= start_ms - 1 && word.end_ms <= end_ms + 1)).toBe(
      true,
    )
  }
}, 60_000)

test('text comes while one speaks, and speech is told', async () => {
  const own = desk()
  const speaker = own.open()

  speaker.say(SAID)
  const { offset } = await speaker.until('commit', 2)
  for (const chunk of unceasing()) {
    if (speaker.of('partial').length > 0) break
    await speaker.speak(chunk, 40)
  }
  const before = speaker.of('final').length
  speaker.stop()
  await speaker.ended()

  expect(before).toBe(0)
  expect(offset).toBeGreaterThan(0)
  expect(speaker.of('speech').slice(0, 2)).toEqual([
    { kind: 'speech', edge: 'start' },
    { kind: 'speech', edge: 'end' },
  ])
}, 60_000)

test('audio is taken before the sidecar is there', async () => {
  const own = desk()
  const speaker = own.open()
  speaker.say(SAID)
  const wasThere = own.sidecar.supervisor.status.state
  speaker.stop()

  expect(await speaker.ended()).toBe('done')
  expect(wasThere).not.toBe('ready')
  expect(await own.hasTheAudio(SAID)).toBe(true)
}, 60_000)

test('batch mode hears segments as wholes, and says the same', async () => {
  const own = desk()
  const live = await own.dictate(SAID)
  await own.choose({ mode: 'batch' })

  const batch = await own.dictate(SAID)

  expect(batch.of('final')).toEqual(live.of('final'))
  expect(batch.of('partial')).toEqual([])
}, 60_000)

test('what is chosen is how it is heard', async () => {
  const own = desk()
  await own.choose({ engine: 'scripted', language: 'de', hotwords: ['say:wie gewollt'] })

  const speaker = await own.dictate(sentences(1))

  expect(speaker.of('final')[0]?.text).toBe('wie gewollt')
  expect(await own.entries()).toMatchObject([{ language: 'de', text: 'wie gewollt' }])
}, 60_000)

test('silence gives no text, inserts nothing and leaves nothing', async () => {
  const own = desk()

  const speaker = await own.dictate(silence(2))

  expect(speaker.kinds).toEqual(['transcribing', 'opened', 'final', 'ended'])
  expect(await speaker.ended()).toBe('nothing-said')
  expect(own.inserter.inserted).toEqual([])
  expect([await own.recordings(), await own.entries()]).toEqual([[], []])
}, 60_000)

test('speech without a text keeps its recording: the engine may be wrong', async () => {
  const own = desk()
  await own.choose({ hotwords: ['say:'] })

  const speaker = await own.dictate(sentences(1))

  expect(await speaker.ended()).toBe('nothing-said')
  expect(own.inserter.inserted).toEqual([])
  expect(await own.recordings()).toMatchObject([{ state: 'interrupted' }])
}, 60_000)

test('speech that an engine fails on is told, and its recording stays, history or none', async () => {
  const own = desk()
  const failsOnce = (name: string) => [own.sidecar.fuse(name), 'raise:OutOfMemoryError']
  await own.choose({ mode: 'batch', hotwords: failsOnce('a') })

  const kept = await own.dictate(SAID)
  await own.choose({ hotwords: failsOnce('b'), keep_history: false })
  const unkept = await own.dictate(SAID)

  for (const speaker of [kept, unkept]) {
    expect(await speaker.ended()).toBe('done')
    expect(speaker.of('trouble')).toMatchObject([{ error: { kind: 'OUT_OF_MEMORY' } }])
    expect(speaker.of('incomplete').length).toBe(1)
  }
  expect(await own.entries()).toMatchObject([{ has_audio: true }])
  expect(await own.recordings()).toMatchObject([{ state: 'interrupted', audio_ms: SAID_MS }])
}, 60_000)

test('a dictation of no audio at all is nothing said', async () => {
  const own = desk()
  const speaker = own.open()

  speaker.stop()

  expect(await speaker.ended()).toBe('nothing-said')
}, 60_000)

test('what is cancelled leaves nothing', async () => {
  const own = desk()
  const speaker = own.open()
  await speaker.speak(SAID)
  await speaker.until('commit')

  speaker.cancel(false)

  expect(await speaker.ended()).toBe('cancelled')
  expect(own.inserter.inserted).toEqual([])
  expect([await own.recordings(), await own.entries()]).toEqual([[], []])
}, 60_000)

test('what is cancelled and to be kept is an interrupted recording', async () => {
  const own = desk()
  const speaker = own.open()
  speaker.say(SAID)
  await speaker.until('commit')

  speaker.cancel(true)

  expect(await speaker.ended()).toBe('cancelled')
  expect(await own.recordings()).toMatchObject([{ state: 'interrupted', audio_ms: SAID_MS }])
}, 60_000)

test('what is cancelled before the sidecar is there can be kept as well', async () => {
  const own = desk()
  const speaker = own.open()
  speaker.say(SAID)

  speaker.cancel(true)

  expect(await speaker.ended()).toBe('cancelled')
  await own.sidecar.client()
  expect(await own.recordings()).toMatchObject([{ state: 'interrupted', audio_ms: SAID_MS }])
}, 60_000)

test('a private dictation is inserted, and nothing of it is anywhere', async () => {
  const own = desk()
  const speaker = own.open(true)
  await speaker.speak(SAID)
  await speaker.until('commit')
  const whileOpen = own.files().filter((file) => file.endsWith('.wav'))
  speaker.stop()

  const outcome = await speaker.ended()
  const word = speaker.of('final')[0]?.text.split(' ')[3] ?? ''
  const withIt = filesWith(own, word)
  await own.dictate(SAID) // the same, for everybody

  expect(outcome).toBe('done')
  expect(speaker.kinds).toEqual(['opened', 'transcribing', 'final', 'inserted', 'ended'])
  expect(own.inserter.inserted[0]).toContain(word)
  expect([whileOpen, withIt]).toEqual([[], []])
  expect(filesWith(own, word)).not.toEqual([])
  expect((await own.entries()).length).toBe(1)
}, 60_000)

test('a private dictation that is cancelled keeps nothing, whatever is asked', async () => {
  const own = desk()
  const speaker = own.open(true)
  await speaker.speak(SAID)

  speaker.cancel(true)

  expect(await speaker.ended()).toBe('cancelled')
  expect(await own.recordings()).toEqual([])
  expect(own.files().filter((file) => file.endsWith('.wav'))).toEqual([])
}, 60_000)

test('an engine that is not there ends it, and what was said is kept', async () => {
  const own = desk()
  await own.choose({ engine: 'no-such-engine' })
  const speaker = own.open()
  speaker.say(SAID)

  expect(await speaker.ended()).toBe('failed')
  expect(speaker.of('trouble')).toMatchObject([{ error: { kind: 'MODEL_MISSING' } }])
  expect(speaker.of('trouble')[0]?.error.message).toContain('offered as an interrupted recording')
  expect(await own.recordings()).toMatchObject([{ state: 'interrupted', audio_ms: SAID_MS }])
}, 60_000)

test('an engine that cannot be loaded ends it, and what was said is kept', async () => {
  const own = desk({ scripted: true, env: { SOTTO_SCRIPT: 'raise:LoadFailedError' } })
  const speaker = own.open()
  speaker.say(SAID)

  expect(await speaker.ended()).toBe('failed')
  expect(speaker.of('trouble')).toMatchObject([{ error: { kind: 'LOAD_FAILED' } }])
  expect(await own.recordings()).toMatchObject([{ state: 'interrupted', audio_ms: SAID_MS }])
}, 60_000)
