import { expect, test } from 'vitest'
import { preferencesStore } from './preferences'
import { failure, PREFERENCES, pending, scriptedHost } from './scripted-host'

async function loaded() {
  const host = scriptedHost({ 'config:get': () => PREFERENCES })
  const store = preferencesStore(host.api)
  await store.load()
  return { host, store }
}

test('a change shows before it is kept', async () => {
  const { host, store } = await loaded()
  const kept = pending<typeof PREFERENCES>()
  host.answer({ 'config:set': () => kept.promise })

  const change = store.change({ theme: 'dark' })

  expect(store.get()?.theme).toBe('dark')
  kept.resolve({ ...PREFERENCES, theme: 'dark' })
  expect(await change).toBeNull()
  expect(store.get()?.theme).toBe('dark')
})

test('a change that cannot be kept is taken back', async () => {
  const { host, store } = await loaded()
  host.answer({ 'config:set': () => Promise.reject(failure('DISK_FULL')) })

  const error = await store.change({ theme: 'dark' })

  expect(error?.kind).toBe('DISK_FULL')
  expect(store.get()?.theme).toBe('system')
})

test('a change that fails leaves a later one as it is', async () => {
  const { host, store } = await loaded()
  const first = pending<typeof PREFERENCES>()
  host.answer({
    'config:set': (changes) => (changes.theme ? first.promise : { ...PREFERENCES, sounds: false }),
  })

  const failing = store.change({ theme: 'dark' })
  const working = store.change({ sounds: false })
  first.reject(failure('DISK_FULL'))
  await Promise.all([failing, working])

  expect(store.get()).toMatchObject({ theme: 'system', sounds: false })
})

test('changes are sent one after the other, so that answers cannot overtake', async () => {
  const { host, store } = await loaded()
  const first = pending<typeof PREFERENCES>()
  host.answer({ 'config:set': () => first.promise })

  const one = store.change({ tail_ms: 100 })
  const two = store.change({ tail_ms: 200 })
  await Promise.resolve()
  const sent = host.calls.filter(([channel]) => channel === 'config:set')

  expect(sent).toEqual([['config:set', { tail_ms: 100 }]])
  first.resolve({ ...PREFERENCES, tail_ms: 100 })
  await Promise.all([one, two])
})

test('what does not fit the schema is not sent', async () => {
  const { host, store } = await loaded()

  const error = await store.change({ tail_ms: 5000 })

  expect(error?.kind).toBe('INVALID_PARAMS')
  expect(store.get()?.tail_ms).toBe(250)
  expect(host.calls.map(([channel]) => channel)).toEqual(['config:get'])
})

test('a change from elsewhere is seen', async () => {
  const { host, store } = await loaded()

  host.tell('config:changed', { ...PREFERENCES, mode: 'batch' })

  expect(store.get()?.mode).toBe('batch')
})
