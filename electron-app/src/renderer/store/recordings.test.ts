import { expect, test } from 'vitest'
import type { KeptRecording } from '../../shared/protocol'
import { recordingsStore } from './recordings'
import { entryOf, failure, pending, scriptedHost } from './scripted-host'

function kept(recording: string, state: KeptRecording['state']): KeptRecording {
  return { recording, state, began_s: 1_700_000_000, audio_ms: 5000, engine: 'builtin' }
}

async function loaded() {
  const host = scriptedHost({
    'recordings:list': () => [kept('a', 'interrupted'), kept('b', 'open'), kept('c', 'finished')],
  })
  const store = recordingsStore(host.api)
  await store.load()
  return { host, store }
}

test('only what was interrupted is offered', async () => {
  const { store } = await loaded()

  expect(store.get().map(({ recording }) => recording.recording)).toEqual(['a'])
})

test('a recording that was recovered is no longer offered', async () => {
  const { host, store } = await loaded()
  host.answer({ 'recordings:recover': () => entryOf(1) })

  const recovering = store.recover('a')
  const during = store.get()[0]?.state
  await recovering

  expect(during).toBe('recovering')
  expect(store.get()).toEqual([])
})

test('a recording that could not be recovered stays, and says why', async () => {
  const { host, store } = await loaded()
  host.answer({ 'recordings:recover': () => Promise.reject(failure('OUT_OF_MEMORY')) })

  await store.recover('a')
  await store.load()

  expect(store.get()).toMatchObject([{ state: 'kept', error: { kind: 'OUT_OF_MEMORY' } }])
})

test('recovering tells how far it is, and leaves the recording where it is stopped', async () => {
  const { host, store } = await loaded()
  const recovering = pending<ReturnType<typeof entryOf>>()
  host.answer({
    'recordings:recover': () => recovering.promise,
    'work:stop': () => undefined,
  })

  const recovered = store.recover('a')
  const progress = { t: 'progress', phase: 'transcribing', done_ms: 2500, total_ms: 5000 } as const
  host.tell('work:progress', { work: 'recording:a', progress })
  expect(store.get()).toMatchObject([{ state: 'recovering', share: 0.5 }])
  await store.stop('a')
  recovering.reject(failure('CANCELLED'))

  expect(await recovered).toMatchObject({ kind: 'CANCELLED' })
  expect(host.calls.at(-1)).toEqual(['work:stop', 'recording:a'])
  expect(store.get()).toMatchObject([{ state: 'kept', error: null }])
})

test('what has not begun has no share yet', async () => {
  const { host, store } = await loaded()
  host.answer({ 'recordings:recover': () => new Promise(() => {}) })
  void store.recover('a')

  const progress = { t: 'progress', phase: 'loading', done_ms: 0, total_ms: 5000 } as const
  host.tell('work:progress', { work: 'recording:a', progress })

  expect(store.get()).toMatchObject([{ state: 'recovering', share: null }])
})

test('a recording that could not be discarded stays', async () => {
  const { host, store } = await loaded()
  host.answer({ 'recordings:discard': () => Promise.reject(failure('BUSY')) })

  await store.discard('a')

  expect(store.get()).toMatchObject([{ state: 'kept', error: { kind: 'BUSY' } }])
})
