import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { WebSocket } from 'ws'
import { silence, speech } from '../main/sidecar/testing'
import { CLOSE, tagged } from '../shared/frames'
import { connect, followed, openPage, pushAll, startTestHost, type TestHost } from './testing'

const VOICE = speech()
const PATIENCE_MS = 60_000
/** Stands for the origin of the host, which has any port. */
const OURS = 'ours'

vi.setConfig({ testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS })

let host: TestHost
/** What a browser keeps after it was let in with the token. */
let key: string | null

beforeAll(async () => {
  host = await startTestHost()
  const page = openPage(host.origin, { token: host.token })
  await page.api.host.info()
  key = page.key()
  page.vanish()
})

afterAll(() => host.stop())

const openAnother = () => openPage(host.origin, { key })

async function closeCode(socket: WebSocket): Promise<number> {
  const [code] = await once(socket, 'close')
  return code
}

describe('letting in', () => {
  test('the token is good once; the key it was exchanged for is good for reloads', async () => {
    const reloaded = openPage(host.origin, { key, token: host.token })
    const stranger = openPage(host.origin, { token: host.token })

    const info = await reloaded.api.host.info()
    const refused = stranger.api.host.info()

    expect(info).toMatchObject({ host: 'web', can: { paste: false, hotkey: false } })
    await expect(refused).rejects.toMatchObject({ kind: 'UNAUTHORIZED', retryable: false })
    reloaded.vanish()
    stranger.vanish()
  })

  test.each([
    ['no origin', {}],
    ['the origin of another site', { Origin: 'https://evil.example' }],
    ['the origin of another port', { Origin: 'http://127.0.0.1:1' }],
    ['an origin that only begins like ours', { Origin: 'http://127.0.0.1.evil.example' }],
    ['a null origin', { Origin: 'null' }],
    ['a name that DNS leads here', { Origin: OURS, Host: 'rebound.example' }],
    ['localhost, which is another origin', { Origin: OURS, Host: 'localhost' }],
  ])('a WebSocket with %s is refused', async (_, headers: Record<string, string>) => {
    const isOurs = headers['Origin'] === OURS
    const sent = isOurs ? { ...headers, Origin: host.origin } : headers
    const socket = connect(host.origin, sent)

    const [, response] = await once(socket, 'unexpected-response')

    expect(response.statusCode).toBe(403)
  })

  test('a key that this host never gave is refused', async () => {
    const socket = connect(host.origin)
    await once(socket, 'open')

    socket.send(JSON.stringify({ t: 'hello', key: 'A'.repeat(43), token: null }))

    expect(await closeCode(socket)).toBe(CLOSE.UNAUTHORIZED)
  })

  test.each([
    ['a call', JSON.stringify({ t: 'invoke', id: 1, channel: 'host:info', args: [] })],
    ['audio', tagged(1, new Uint8Array(3200))],
    ['no JSON', '{'],
    ['JSON that is no frame', '[]'],
  ])('who begins with %s is cut off', async (_, first) => {
    const socket = connect(host.origin)
    await once(socket, 'open')

    socket.send(first)

    expect(await closeCode(socket)).toBe(CLOSE.BAD_FRAME)
  })
})

describe('frames', () => {
  async function admitted(): Promise<WebSocket> {
    const socket = connect(host.origin)
    await once(socket, 'open')
    socket.send(JSON.stringify({ t: 'hello', key, token: null }))
    await once(socket, 'message')
    return socket
  }

  test.each([
    ['a second hello', JSON.stringify({ t: 'hello', key: null, token: null })],
    ['a frame of an unknown kind', JSON.stringify({ t: 'eval', id: 1 })],
    ['an id that is no number', JSON.stringify({ t: 'invoke', id: '1', channel: 'host:info' })],
    ['half a sample of audio', tagged(1, new Uint8Array(3201))],
    ['a chunk that is too long', tagged(1, new Uint8Array(16_002))],
    ['audio without a number', new Uint8Array(3)],
  ])('%s ends the connection', async (_, frame) => {
    const socket = await admitted()

    socket.send(frame)

    expect(await closeCode(socket)).toBe(CLOSE.BAD_FRAME)
  })

  test('a frame that is too large ends the connection before it is read', async () => {
    const socket = await admitted()

    socket.send('x'.repeat(5_000_000))

    expect(await closeCode(socket)).toBe(1009)
  })

  test('audio of a dictation that is over is ignored', async () => {
    const socket = await admitted()

    socket.send(tagged(999, new Uint8Array(3200)))
    socket.send(JSON.stringify({ t: 'invoke', id: 7, channel: 'private:get', args: [] }))

    const answers = vi.fn()
    socket.on('message', (data) => answers(JSON.parse(String(data))))
    await vi.waitFor(() => expect(answers).toHaveBeenCalledWith({ t: 'answer', id: 7, ok: false }))
    socket.terminate()
  })
})

describe('calls', () => {
  test('an unknown channel and bad arguments are refused, and the page goes on', async () => {
    const { api, vanish } = openAnother()
    const invoke = api.window.show as (surface: unknown) => Promise<unknown>

    const refused = invoke('desktop')

    await expect(refused).rejects.toMatchObject({ kind: 'BAD_ARGUMENTS' })
    expect(await api.privacy.get()).toBe(false)
    vanish()
  })

  test('what a person chooses in one page is told to all', async () => {
    const one = openAnother()
    const other = openAnother()
    await other.api.config.get()

    const told = other.told('config:changed', ({ tail_ms }) => tail_ms === 123)
    const chosen = await one.api.config.set({ tail_ms: 123 })

    expect(chosen.tail_ms).toBe(123)
    expect((await told).tail_ms).toBe(123)
    one.vanish()
    other.vanish()
  })

  test('a report says what runs, without keys', async () => {
    const { api, vanish } = openAnother()
    await api.secrets.setKey('sk-very-secret')

    const report = await api.sidecar.report()

    expect(await api.secrets.hasKey()).toBe(true)
    expect(report).toMatch(/default_engine: 'scripted'/)
    expect(report).not.toContain('very-secret')
    vanish()
  })
})

describe('text', () => {
  test('the page puts it on the clipboard, and the receipt says so', async () => {
    const page = openAnother()

    const receipt = await page.api.text.copy('copied text')

    expect(receipt).toEqual({ kind: 'copied', why: 'asked' })
    expect(page.clipboard).toEqual(['copied text'])
    page.vanish()
  })

  test('nothing is said to be copied where the browser did not allow it', async () => {
    const page = openPage(host.origin, { key, mayCopy: false })

    const receipt = await page.api.text.copy('copied text')

    expect(receipt).toMatchObject({ kind: 'failed', error: { kind: 'NOT_SUPPORTED' } })
    page.vanish()
  })

  test('pasting is copying here, and the receipt says why', async () => {
    const page = openAnother()
    await page.api.config.set({ insertion: 'paste' })

    const receipt = await page.api.text.insert('some text')

    expect(receipt).toMatchObject({ kind: 'copied', why: 'no-paste-tool' })
    expect(page.clipboard).toEqual(['some text'])
    page.vanish()
  })
})

describe('dictation', () => {
  test('what is said becomes text, is copied and kept, and both pages see it', async () => {
    const page = openAnother()
    const other = openAnother()
    await other.api.host.info()
    const dictation = await page.api.dictation.open({ isPrivate: false })
    const { events, ended } = followed(page, dictation)
    const seen = followed(other, dictation)

    pushAll(page, dictation, VOICE)
    await page.api.dictation.stop(dictation)
    await Promise.all([ended, seen.ended])

    expect(await ended).toEqual({ kind: 'ended', outcome: 'done' })
    const final = events.find((event) => event.kind === 'final')
    expect(final?.text).toMatch(/^[0-9a-f]{8}( [0-9a-f]{8})+$/)
    expect(page.clipboard.at(-1)).toBe(final?.text)
    expect(events.map(({ kind }) => kind)).toContain('saved')
    expect(seen.events.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['final', 'inserted', 'saved', 'ended']),
    )
    page.vanish()
    other.vanish()
  })

  test('audio that takes several pieces comes back whole, and can be heard again', async () => {
    const page = openAnother()
    const long = Buffer.concat([VOICE, silence(140), VOICE])
    const dictation = await page.api.dictation.open({ isPrivate: false })
    const { events, ended } = followed(page, dictation)
    pushAll(page, dictation, long)
    await page.api.dictation.stop(dictation)
    await ended
    const saved = events.find((event) => event.kind === 'saved')?.entry ?? 0

    const wav = await page.api.history.audio(saved)
    const again = await page.api.history.retranscribe(saved, null)

    expect(wav.length).toBeGreaterThan(4_194_304)
    expect(Buffer.from(wav.subarray(0, 4)).toString()).toBe('RIFF')
    expect(long.equals(wav.subarray(wav.length - long.length))).toBe(true)
    expect(again.text).toMatch(/^[0-9a-f]{8}( [0-9a-f]{8})+$/)
    page.vanish()
  })

  test('an entry that is heard again tells how far that is, and stays as it was if stopped', async () => {
    const page = openAnother()
    const dictation = await page.api.dictation.open({ isPrivate: false })
    const { events, ended } = followed(page, dictation)
    pushAll(page, dictation, VOICE)
    await page.api.dictation.stop(dictation)
    await ended
    const saved = events.find((event) => event.kind === 'saved')?.entry ?? 0
    await page.api.config.set({ hotwords: ['sleep:300'] })
    const told = page.told('work:progress', ({ work }) => work === `entry:${saved}`)

    const again = page.api.history.retranscribe(saved, null).catch((error: unknown) => error)
    expect((await told).progress.t).toBe('progress')
    await expect(page.api.history.retranscribe(saved, null)).rejects.toMatchObject({ kind: 'BUSY' })
    await page.api.work.stop(`entry:${saved}`)

    expect(await again).toMatchObject({ kind: 'CANCELLED' })
    expect((await page.api.history.get(saved)).versions).toEqual([])
    await page.api.config.set({ hotwords: [] })
    expect((await page.api.history.retranscribe(saved, null)).entry).toBe(saved)
    page.vanish()
  })

  test('a recording is recovered with progress, and stays if that is stopped', async () => {
    const page = openAnother()
    await page.api.config.set({ hotwords: ['sleep:300'] })
    const dictation = await page.api.dictation.open({ isPrivate: false })
    const { ended } = followed(page, dictation)
    pushAll(page, dictation, VOICE)
    await page.told('dictation', ({ event }) => event.kind === 'speech')
    await page.api.dictation.cancel(dictation, true)
    await ended
    await page.api.config.set({ hotwords: [] })
    const [kept] = await page.api.recordings.list()
    const recording = kept?.recording ?? ''
    const told = page.told('work:progress', ({ work }) => work === `recording:${recording}`)

    const recovering = page.api.recordings.recover(recording).catch((error: unknown) => error)
    await told
    await page.api.work.stop(`recording:${recording}`)

    expect(await recovering).toMatchObject({ kind: 'CANCELLED' })
    expect(await page.api.recordings.list()).toContainEqual(kept)
    await page.api.recordings.discard(recording)
    page.vanish()
  })

  test('in private mode nothing is kept, whatever the page asks for', async () => {
    const page = openAnother()
    const before = await page.api.history.list({})
    await page.api.privacy.set(true)
    const dictation = await page.api.dictation.open({ isPrivate: false })
    const { events, ended } = followed(page, dictation)
    pushAll(page, dictation, VOICE)
    await page.api.dictation.stop(dictation)
    await ended
    await page.api.privacy.set(false)

    expect(events.map(({ kind }) => kind)).toContain('final')
    expect(events.map(({ kind }) => kind)).not.toContain('saved')
    expect((await page.api.history.list({})).total).toBe(before.total)
    page.vanish()
  })

  test('a page that vanishes leaves its dictation among the interrupted recordings', async () => {
    const page = openAnother()
    const other = openAnother()
    const before = await other.api.recordings.list()
    const dictation = await page.api.dictation.open({ isPrivate: false })
    const { ended } = followed(other, dictation)
    const heard = other.told('dictation', ({ event }) => event.kind === 'commit')
    pushAll(page, dictation, VOICE)
    await heard

    page.vanish()
    const end = await ended

    expect(end).toEqual({ kind: 'ended', outcome: 'cancelled' })
    const [kept] = await other.api.recordings.list()
    expect(await other.api.recordings.list()).toHaveLength(before.length + 1)
    const entry = await other.api.recordings.recover(kept?.recording ?? '')
    expect(entry.text).toMatch(/^[0-9a-f]{8}( [0-9a-f]{8})+$/)
    other.vanish()
  })

  test('a page that vanishes after it said stop leaves a text, not a recording', async () => {
    const page = openAnother()
    const other = openAnother()
    const before = await other.api.recordings.list()
    const dictation = await page.api.dictation.open({ isPrivate: false })
    const { events, ended } = followed(other, dictation)
    pushAll(page, dictation, VOICE)
    await page.api.dictation.stop(dictation)

    page.vanish()
    await ended

    expect(events.map(({ kind }) => kind)).toContain('saved')
    expect(await other.api.recordings.list()).toHaveLength(before.length)
    other.vanish()
  })
})

test('nothing happened that nobody expected', () => {
  expect(host.unexpected).toEqual([])
})
