import { expect, test } from 'vitest'
import type { HostInfo } from '../../shared/ipc'
import { makeApp } from './app'
import { PREFERENCES, pending, scriptedHost } from './scripted-host'

test('preferences are loaded once the sidecar is ready, and after each of its starts', async () => {
  const host = scriptedHost({
    'sidecar:status': () => ({ state: 'starting' }),
    'config:get': () => PREFERENCES,
  })
  const app = makeApp(host.api)
  const loaded = pending<void>()
  app.preferences.subscribe(() => loaded.resolve())

  const before = host.calls.filter(([channel]) => channel === 'config:get').length
  host.tell('sidecar:status', { state: 'ready' })
  host.tell('sidecar:status', { state: 'restarting', attempt: 1, retryInMs: 10 })
  host.tell('sidecar:status', { state: 'ready' })
  await loaded.promise

  expect(before).toBe(0)
  expect(host.calls.filter(([channel]) => channel === 'config:get')).toHaveLength(2)
  expect(app.preferences.get()).toEqual(PREFERENCES)
})

test('an engine that changes its state is shown so', async () => {
  const host = scriptedHost({
    'engines:list': () => ({
      defaultEngine: 'builtin',
      engines: [{ id: 'builtin', state: 'cold' }],
    }),
  })
  const app = makeApp(host.api)
  await app.engines.load()

  host.tell('engine:state', { engine: 'builtin', state: 'ready' })

  expect(app.engines.get()?.engines).toEqual([{ id: 'builtin', state: 'ready' }])
})

test('what the host can do is followed', async () => {
  const info: HostInfo = {
    host: 'electron',
    version: '0.0.0',
    platform: 'linux',
    can: { paste: true, hotkey: true, hold: true, secrets: 'session', pickFolder: true },
  }
  const host = scriptedHost({ 'host:info': () => info })
  const app = makeApp(host.api)
  const known = pending<void>()
  app.host.subscribe(() => known.resolve())
  await known.promise

  host.tell('host:info', { ...info, can: { ...info.can, hold: false } })

  expect(app.host.get()?.can.hold).toBe(false)
})
