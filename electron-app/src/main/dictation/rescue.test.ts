import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { recoverRecording } from './recover'
import { Rescue } from './rescue'
import { chunksOf, desks, sentences } from './testing'

const SAID = sentences(2)
const SAID_MS = 100 * chunksOf(SAID).length
const desk = desks()

test('what no sidecar could hear is safe on disk, and offered once there is one', async () => {
  const own = desk()
  const whole = await own.dictate(SAID)
  await own.sidecar.supervisor.stop()
  const speaker = own.open()
  speaker.say(SAID)

  const outcome = await speaker.ended()
  const files = readdirSync(own.rescueFolder)
  const modes = [own.rescueFolder, join(own.rescueFolder, files[0] ?? '')].map(
    (path) => statSync(path).mode & 0o077,
  )
  own.sidecar.supervisor.start()
  const client = await own.sidecar.client()
  const recordings = await own.recordings()
  const entry = await recoverRecording(client, recordings[0]?.recording ?? '')

  expect(outcome).toBe('failed')
  expect(speaker.of('trouble')).toMatchObject([{ error: { kind: 'SIDECAR_DOWN' } }])
  expect(speaker.of('trouble')[0]?.error.message).toContain('offered as an interrupted recording')
  expect(files.length).toBe(1)
  expect(modes).toEqual([0, 0])
  expect(recordings).toMatchObject([{ state: 'interrupted', audio_ms: SAID_MS }])
  expect(readdirSync(own.rescueFolder)).toEqual([])
  expect(entry).toMatchObject({ text: whole.of('final')[0]?.text, has_audio: true })
  expect(await own.hasTheAudio(SAID)).toBe(true)
  expect(await own.recordings()).toEqual([])
}, 60_000)

test('what the lost sidecar had and what came later are both offered', async () => {
  const own = desk()
  const speaker = own.open()
  speaker.say(SAID)
  await speaker.until('commit')
  await own.kill()
  await speaker.until('interrupted')
  speaker.say(SAID)

  await own.sidecar.supervisor.stop()
  const outcome = await speaker.ended()
  own.sidecar.supervisor.start()
  await own.sidecar.client()
  const recordings = await own.recordings()

  expect(outcome).toBe('failed')
  expect(speaker.of('final').length).toBe(1) // what was heard is shown
  expect(recordings.map((each) => each.state)).toEqual(['interrupted', 'interrupted'])
  const total = recordings.reduce((sum, each) => sum + each.audio_ms, 0)
  expect(total).toBeGreaterThanOrEqual(2 * SAID_MS)
}, 60_000)

test('a private dictation that fails leaves nothing, and says so', async () => {
  const own = desk()
  await own.preferences.get()
  await own.sidecar.supervisor.stop()
  const speaker = own.open(true)
  speaker.say(SAID)

  expect(await speaker.ended()).toBe('failed')
  expect(speaker.of('trouble')[0]?.error.message).toContain('private')
  expect(own.files().filter((file) => file.endsWith('.wav'))).toEqual([])
}, 60_000)

test('an app that ends keeps what is not finished', async () => {
  const own = desk()
  const speaker = own.open()
  speaker.say(SAID)
  await speaker.until('commit')

  await own.dictations.close()

  expect(await speaker.ended()).toBe('cancelled')
  expect(await own.recordings()).toMatchObject([{ state: 'interrupted', audio_ms: SAID_MS }])
}, 60_000)

test('an app that ends deletes first what need not stay', async () => {
  const own = desk()
  await own.choose({ keep_history: false })
  await own.dictate(SAID)

  await own.dictations.close()

  expect(own.files().filter((file) => file.endsWith('.wav'))).toEqual([])
}, 60_000)

test('what was discarded is not kept because the app ends right after', async () => {
  const own = desk()
  const speaker = own.open()
  speaker.say(SAID)
  await speaker.until('commit')
  speaker.say(SAID)
  speaker.cancel(false)

  await own.dictations.close()

  expect(await speaker.ended()).toBe('cancelled')
  expect(await own.recordings()).toEqual([])
  expect(own.files().filter((file) => file.endsWith('.wav'))).toEqual([])
}, 60_000)

test('a recording in which nothing was said is no entry, and stays', async () => {
  const own = desk()
  const speaker = own.open()
  await speaker.until('opened')
  speaker.say(new Uint8Array(32_000))
  speaker.cancel(true)
  await speaker.ended()
  const client = await own.sidecar.client()
  const [kept] = await own.recordings()

  const recovering = recoverRecording(client, kept?.recording ?? '')

  await expect(recovering).rejects.toMatchObject({ kind: 'BAD_AUDIO', detail: 'no-speech' })
  expect(await own.recordings()).toEqual([kept])
}, 60_000)

test('audio that was half brought in is brought in again, once', async () => {
  const own = desk()
  const client = await own.sidecar.client()
  const folder = mkdtempSync(join(own.sidecar.folder, 'half-'))
  const rescue = new Rescue(folder, (error) => expect.unreachable(String(error)))
  await rescue.keep(chunksOf(SAID))
  const name = readdirSync(folder)[0]?.slice(0, 32) ?? ''
  const params = { format: 'pcm_s16le', rate_hz: 16_000, recording: name } as const
  const { result } = await client.call('asr.stream.open', params)
  const push = { stream: result.stream, seq: 0, data: { $bin: 0 } }
  client.notify('asr.stream.push', push, [new Uint8Array(3200)])
  await client.call('asr.stream.abort', { stream: result.stream, keep: true })

  await rescue.bringIn(client)
  await rescue.bringIn(client)

  expect(await own.recordings()).toMatchObject([{ recording: name, audio_ms: SAID_MS }])
  expect(readdirSync(folder)).toEqual([])
}, 60_000)

test('what was written before the disk was full, or the app was gone, is brought in', async () => {
  const own = desk()
  const client = await own.sidecar.client()
  const folder = mkdtempSync(join(own.sidecar.folder, 'broken-off-'))
  const rescue = new Rescue(folder, (error) => expect.unreachable(String(error)))
  function* brokenOff(): Generator<Uint8Array> {
    yield* chunksOf(SAID).slice(0, 10)
    throw new Error('no space left on device')
  }
  await expect(rescue.keep(brokenOff())).rejects.toThrow('no space left')

  await rescue.bringIn(client)

  expect(await own.recordings()).toMatchObject([{ state: 'interrupted', audio_ms: 1000 }])
  expect(readdirSync(folder)).toEqual([])
}, 60_000)

test('what cannot be read keeps nothing else from being brought in', async () => {
  const own = desk()
  const client = await own.sidecar.client()
  const folder = mkdtempSync(join(own.sidecar.folder, 'unreadable-'))
  const told: unknown[] = []
  const rescue = new Rescue(folder, (error) => told.push(error))
  const unreadable = ['0', 'f'].map((digit) => `${digit.repeat(32)}.wav`)
  for (const name of unreadable) mkdirSync(join(folder, name))
  await rescue.keep(chunksOf(SAID))

  await rescue.bringIn(client)

  expect(await own.recordings()).toMatchObject([{ state: 'interrupted', audio_ms: SAID_MS }])
  expect(readdirSync(folder).sort()).toEqual(unreadable)
  expect(told).toMatchObject([{ code: 'EISDIR' }, { code: 'EISDIR' }])
}, 60_000)

test('what is being written waits until it is whole', async () => {
  const own = desk()
  const client = await own.sidecar.client()
  const folder = mkdtempSync(join(own.sidecar.folder, 'meanwhile-'))
  const rescue = new Rescue(folder, (error) => expect.unreachable(String(error)))

  const keeping = rescue.keep(chunksOf(SAID))
  while (readdirSync(folder).length === 0) await new Promise(setImmediate)
  await rescue.bringIn(client)
  await keeping
  await rescue.bringIn(client)

  expect(await own.recordings()).toMatchObject([{ state: 'interrupted', audio_ms: SAID_MS }])
}, 60_000)

test('nothing to keep leaves no file, and a folder that cannot be is told', async () => {
  const own = desk()
  const blocked = join(own.sidecar.folder, 'blocked')
  writeFileSync(blocked, '')
  const folder = join(own.sidecar.folder, 'empty')

  expect(await new Rescue(folder, () => {}).keep([])).toBe(false)
  expect(readdirSync(folder)).toEqual([])
  await expect(new Rescue(blocked, () => {}).keep(chunksOf(SAID))).rejects.toThrow()
  rmSync(blocked)
}, 60_000)
