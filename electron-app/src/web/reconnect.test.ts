import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { speech } from '../main/sidecar/testing'
import { followed, openPage, pushAll, startTestHost, type TestHost, type TestPage } from './testing'

const PATIENCE_MS = 60_000

vi.setConfig({ testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS })

let host: TestHost
let page: TestPage

beforeEach(async () => {
  host = await startTestHost()
  page = openPage(host.origin, { token: host.token })
  await page.api.host.info()
})

afterEach(async () => {
  page.vanish()
  await host.stop()
})

test('calls made before the page is connected wait for it', async () => {
  const early = openPage(host.origin, { key: page.key() })

  const answers = await Promise.all([early.api.host.info(), early.api.privacy.get()])

  expect(answers).toMatchObject([{ host: 'web' }, false])
  early.vanish()
})

test('pages are told when their host is gone, and that their dictation has ended with it', async () => {
  const dictation = await page.api.dictation.open({ isPrivate: false })
  const { events, ended } = followed(page, dictation)
  const heard = page.told('dictation', ({ event }) => event.kind === 'speech')
  pushAll(page, dictation, speech())
  await heard
  const told = page.told('sidecar:status', ({ state }) => state === 'restarting')

  const stopped = host.stop()
  const [status, end] = await Promise.all([told, ended])
  const refused = page.api.history.list({})

  expect(status).toMatchObject({ state: 'restarting', attempt: 1 })
  expect(end).toEqual({ kind: 'ended', outcome: 'failed' })
  expect(events.at(-2)).toMatchObject({ kind: 'trouble', error: { kind: 'SIDECAR_DOWN' } })
  await expect(refused).rejects.toMatchObject({ kind: 'SIDECAR_DOWN', retryable: true })
  await stopped
})

test('a host that was started again asks for its own link', async () => {
  const port = Number(new URL(host.origin).port)
  await host.stop()
  const told = page.told('sidecar:status', ({ state }) => state === 'failed')

  host = await startTestHost({}, port)
  const status = await told
  const opened = openPage(host.origin, { token: host.token })

  expect(status).toMatchObject({ state: 'failed', error: { kind: 'UNAUTHORIZED' } })
  await expect(page.api.host.info()).rejects.toMatchObject({ kind: 'UNAUTHORIZED' })
  expect(await opened.api.host.info()).toMatchObject({ host: 'web' })
  opened.vanish()
})
