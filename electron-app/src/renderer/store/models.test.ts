import { expect, test } from 'vitest'
import type { ModelInfo, ModelProgressEvent } from '../../shared/protocol'
import { modelsStore } from './models'
import { type Answers, failure, modelOf, pending, scriptedHost } from './scripted-host'

const HALF: ModelProgressEvent = {
  t: 'model_progress',
  phase: 'downloading',
  done: 50,
  total: 100,
}

function storeOver(answers: Answers) {
  const host = scriptedHost({
    'models:list': () => [modelOf('small', 'available')],
    'models:speeds': () => ({ small: 0.3 }),
    ...answers,
  })
  let installed = 0
  const store = modelsStore(host.api, () => {
    installed += 1
  })
  return { host, store, nInstalled: () => installed }
}

test('an install shows how far it is, and is gone from the tasks once it is done', async () => {
  const end = pending<ModelInfo>()
  const { host, store, nInstalled } = storeOver({ 'models:install': () => end.promise })

  const installing = store.install('small', 'hf-mirror')
  host.tell('models:progress', { model: 'small', progress: HALF })
  const during = store.get().tasks.get('small')
  end.resolve(modelOf('small', 'installed'))
  await installing

  expect(host.calls[0]).toEqual(['models:install', 'small', 'hf-mirror'])
  expect(during).toMatchObject({ kind: 'install', state: 'running', progress: HALF })
  expect(store.get().tasks.size).toBe(0)
  expect(nInstalled()).toBe(1)
})

test('a pause is no failure', async () => {
  const end = pending<ModelInfo>()
  const { store } = storeOver({
    'models:install': () => end.promise,
    'models:stop': () => end.reject(failure('CANCELLED', false)) as undefined,
  })

  const installing = store.install('small', null)
  await store.stop('small')
  await installing

  expect(store.get().tasks.size).toBe(0)
})

test('a failure stays until it is dismissed', async () => {
  const { store } = storeOver({
    'models:install': () => Promise.reject(failure('DOWNLOAD_NET')),
  })

  await store.install('small', null)
  await store.load()
  const failed = store.get().tasks.get('small')
  store.forget('small')

  expect(failed).toMatchObject({ state: 'failed', error: { kind: 'DOWNLOAD_NET' } })
  expect(store.get().tasks.size).toBe(0)
})

test('cancelling deletes what came, once the install has ended', async () => {
  const end = pending<ModelInfo>()
  const { host, store } = storeOver({
    'models:install': () => end.promise,
    'models:stop': () => end.reject(failure('CANCELLED', false)) as undefined,
    'models:remove': () => 50,
  })

  void store.install('small', null)
  await store.cancel('small')

  const asked = host.calls.map(([channel]) => channel)
  expect(asked.indexOf('models:stop')).toBeLessThan(asked.indexOf('models:remove'))
  expect(store.get().tasks.size).toBe(0)
})

test('what another page installs is seen, and ends when the model is there', async () => {
  const { host, store } = storeOver({})
  host.tell('models:progress', { model: 'small', progress: HALF })
  const during = store.get().tasks.get('small')
  host.answer({ 'models:list': () => [modelOf('small', 'installed')] })

  await store.load()

  expect(during).toMatchObject({ state: 'running', progress: HALF })
  expect(store.get().tasks.size).toBe(0)
})

test('that all files are whole is said', async () => {
  const { store } = storeOver({ 'models:verify': () => modelOf('small', 'installed') })

  await store.verify('small')

  expect(store.get().tasks.get('small')).toMatchObject({ kind: 'verify', state: 'done' })
})

test('a list that cannot be read is told', async () => {
  const { store } = storeOver({ 'models:list': () => Promise.reject(failure('SIDECAR_DOWN')) })

  await store.load()

  expect(store.get().error?.kind).toBe('SIDECAR_DOWN')
})
