import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { PreferencesPatch } from '../../shared/protocol'
import { CHECKOUT, program } from '../sidecar/testing'
import { Desk, sentences } from './testing'

const SAID = sentences(1)
const RAW = 'um hello there'
const CLEAN = 'Hello there.'

let desk: Desk
let service: ChildProcess
let url = ''

beforeAll(async () => {
  desk = new Desk()
  const args = ['-m', 'tests.process.llm_service', '--port', '0']
  service = spawn(program().path, args, { cwd: CHECKOUT, stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(service.stdout ?? expect.unreachable(), 'data')
  url = String(line).trim()
}, 60_000)

afterAll(async () => {
  service.kill()
  await desk.stop()
  expect(desk.unexpected).toEqual([])
}, 30_000)

beforeEach(async () => {
  await desk.choose({ ...WITHOUT_POLISH, hotwords: [`say:${RAW}`], keep_history: true })
}, 60_000)

afterEach(async () => {
  desk.inserter.inserted.length = 0
  desk.inserter.receipt = { kind: 'pasted', clipboardRestored: true }
  const client = await desk.sidecar.client()
  const entries = (await desk.entries()).map((each) => each.entry)
  if (entries.length > 0) await client.call('history.delete', { entries, for_good: true })
  for (const { recording } of await desk.recordings()) {
    await client.call('journal.discard', { recording })
  }
}, 60_000)

const WITHOUT_POLISH: PreferencesPatch = { polish: false }

function polishedBy(model: string): PreferencesPatch {
  return { polish: true, polish_min_chars: 1, llm_url: url, llm_model: model }
}

test('polish comes after the raw text, and both are kept', async () => {
  await desk.choose(polishedBy('any'))
  desk.key = 'a-key'

  const speaker = await desk.dictate(SAID)

  expect(speaker.of('final')[0]?.text).toBe(RAW)
  expect(speaker.of('polishing').at(-1)?.text).toBe(CLEAN)
  expect(speaker.of('polished')).toEqual([{ kind: 'polished', text: CLEAN }])
  expect(desk.inserter.inserted).toEqual([CLEAN])
  expect(await desk.entries()).toMatchObject([{ text: CLEAN, raw_text: RAW }])
}, 60_000)

test('polish that fails leaves the raw text, at once', async () => {
  await desk.choose(polishedBy('trick:refuses-key'))

  const speaker = await desk.dictate(SAID)

  expect(speaker.of('unpolished')).toMatchObject([{ error: { kind: 'LLM_AUTH' } }])
  expect(desk.inserter.inserted).toEqual([RAW])
  expect(await desk.entries()).toMatchObject([{ text: RAW, has_audio: true }])
  expect(await speaker.ended()).toBe('done')
}, 60_000)

test('a model that answers in place of cleaning is not trusted', async () => {
  await desk.choose(polishedBy('trick:answers'))

  const speaker = await desk.dictate(SAID)

  expect(speaker.of('unpolished')).toMatchObject([{ error: { kind: 'LLM_BAD_OUTPUT' } }])
  expect(desk.inserter.inserted).toEqual([RAW])
}, 60_000)

test('who does not want to wait for the polish gets the raw text', async () => {
  await desk.choose(polishedBy('trick:silent'))
  const speaker = desk.open()
  speaker.say(SAID)
  speaker.stop()
  await speaker.until('polishing')

  desk.dictations.skipPolish(speaker.id)

  expect(await speaker.ended()).toBe('done')
  expect(speaker.of('unpolished')).toMatchObject([{ error: { kind: 'CANCELLED' } }])
  expect(desk.inserter.inserted).toEqual([RAW])
}, 60_000)

test('what is cancelled while it is polished is neither inserted nor kept', async () => {
  await desk.choose(polishedBy('trick:silent'))
  const speaker = desk.open()
  speaker.say(SAID)
  speaker.stop()
  await speaker.until('polishing')

  speaker.cancel(false)

  expect(await speaker.ended()).toBe('cancelled')
  expect(desk.inserter.inserted).toEqual([])
  expect([await desk.entries(), await desk.recordings()]).toEqual([[], []])
}, 60_000)

test('a sidecar that is killed while it polishes leaves the raw text', async () => {
  await desk.choose(polishedBy('trick:silent'))
  const speaker = desk.open()
  speaker.say(SAID)
  speaker.stop()
  await speaker.until('polishing')

  await desk.kill()

  expect(await speaker.ended()).toBe('done')
  expect(desk.inserter.inserted).toEqual([RAW])
  expect(await desk.entries()).toMatchObject([{ text: RAW, has_audio: true }])
}, 60_000)

test('a mistake in inserting costs the text nothing but its insertion', async () => {
  desk.inserter.fault = new Error('a mistake')

  const speaker = await desk.dictate(SAID)

  desk.inserter.fault = null
  expect(desk.unexpected.splice(0)).toEqual([new Error('a mistake')])
  expect(speaker.of('inserted')).toMatchObject([{ receipt: { kind: 'failed' } }])
  expect(speaker.of('final').length).toBe(1)
  expect(await desk.entries()).toMatchObject([{ text: RAW, has_audio: true }])
  expect(await speaker.ended()).toBe('done')
  expect(speaker.kinds.at(-1)).toBe('ended')
}, 60_000)

test('a short text is not polished', async () => {
  await desk.choose({ ...polishedBy('any'), polish_min_chars: RAW.length + 1 })

  const speaker = await desk.dictate(SAID)

  expect([speaker.of('polishing'), speaker.of('polished')]).toEqual([[], []])
  expect(desk.inserter.inserted).toEqual([RAW])
}, 60_000)

test('without an address nothing is sent anywhere, and that is told', async () => {
  await desk.choose({ ...polishedBy('any'), llm_url: '' })

  const speaker = await desk.dictate(SAID)

  expect(speaker.of('unpolished')).toMatchObject([{ error: { kind: 'LLM_REFUSED' } }])
  expect(desk.inserter.inserted).toEqual([RAW])
}, 60_000)

test('a text that cannot be inserted is in the history all the same', async () => {
  const error = { kind: 'CLIPBOARD_FAILED', message: 'held', retryable: true } as const
  desk.inserter.receipt = { kind: 'failed', error }

  const speaker = await desk.dictate(SAID)

  expect(speaker.of('inserted')).toEqual([{ kind: 'inserted', receipt: { kind: 'failed', error } }])
  expect(await desk.entries()).toMatchObject([{ text: RAW }])
  expect(await speaker.ended()).toBe('done')
}, 60_000)

test('without a history the text is inserted, and no recording stays', async () => {
  await desk.choose({ keep_history: false })

  const speaker = await desk.dictate(SAID)

  expect(speaker.kinds).not.toContain('saved')
  expect(desk.inserter.inserted).toEqual([RAW])
  expect([await desk.entries(), await desk.recordings()]).toEqual([[], []])
}, 60_000)

test('a text whose recording has gone is kept without its audio, and that is told', async () => {
  const speaker = desk.open()
  const off = desk.dictations.onEvent(({ event }) => {
    if (event.kind !== 'final') return
    off()
    rmSync(join(desk.sidecar.folder, 'data', 'journal'), { recursive: true })
  })
  speaker.say(SAID)
  speaker.stop()

  expect(await speaker.ended()).toBe('done')
  expect(speaker.of('trouble')).toMatchObject([{ error: { kind: 'NO_SESSION' } }])
  expect(await desk.entries()).toMatchObject([{ text: RAW, has_audio: false }])
}, 60_000)

test('a text that the history cannot take is inserted, and its recording stays', async () => {
  const folder = join(desk.sidecar.folder, 'data', 'history')
  const speaker = await desk.dictate(SAID)
  await speaker.until('saved')
  renameSync(folder, `${folder}.away`)
  writeFileSync(folder, 'in its place')
  try {
    const refused = await desk.dictate(SAID)

    expect(refused.of('unsaved')).toMatchObject([{ error: { kind: 'DISK_FULL' } }])
    expect(await refused.ended()).toBe('done')
  } finally {
    rmSync(folder)
    renameSync(`${folder}.away`, folder)
  }
  expect(desk.inserter.inserted).toEqual([RAW, RAW])
  expect(await desk.recordings()).toMatchObject([{ state: 'interrupted' }])
}, 60_000)

/** One whose polish does not come, and one after it that is ready before. */
async function twoAtATime() {
  await desk.choose(polishedBy('trick:silent'))
  const older = desk.open()
  older.say(SAID)
  older.stop()
  await older.until('polishing')
  await desk.choose({ ...WITHOUT_POLISH, hotwords: ['say:the newer one'] })
  const newer = desk.open()
  newer.say(SAID)
  newer.stop()
  await newer.until('final')
  return { older, newer }
}

test('a newer text waits for the older one', async () => {
  const { older, newer } = await twoAtATime()
  expect(desk.inserter.inserted).toEqual([])

  desk.dictations.skipPolish(older.id)

  expect(await Promise.all([older.ended(), newer.ended()])).toEqual(['done', 'done'])
  expect(desk.inserter.inserted).toEqual([RAW, 'the newer one'])
  expect(await desk.entries()).toMatchObject([{ text: 'the newer one' }, { text: RAW }])
}, 60_000)

test('a newer text waits for no older one that is cancelled', async () => {
  const { older, newer } = await twoAtATime()

  older.cancel(false)

  expect(await Promise.all([older.ended(), newer.ended()])).toEqual(['cancelled', 'done'])
  expect(desk.inserter.inserted).toEqual(['the newer one'])
}, 60_000)

test('what is cancelled while it waits for an older text is neither inserted nor kept', async () => {
  const { older, newer } = await twoAtATime()

  newer.cancel(false)
  expect(await newer.ended()).toBe('cancelled')
  desk.dictations.skipPolish(older.id)

  expect(await older.ended()).toBe('done')
  expect(desk.inserter.inserted).toEqual([RAW])
  expect(await desk.recordings()).toEqual([])
}, 60_000)

test('who still speaks in another window holds nobody up', async () => {
  const speaking = desk.open()
  speaking.say(SAID)

  const speaker = await desk.dictate(SAID)

  expect(await speaker.ended()).toBe('done')
  speaking.cancel(false)
  await speaking.ended()
}, 60_000)
