import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openPage, startTestHost, type TestHost, type TestPage } from '../web/testing'
import { App, type HostParts } from './app'
import { ARGUMENTS } from './ipc/arguments'
import { makeHandlers } from './ipc/handlers'
import type { Inserter, Services } from './ipc/services'
import { Supervisor } from './sidecar/supervisor'
import { CHECKOUT, program } from './sidecar/testing'

const PATIENCE_MS = 60_000
const BIG_BYTES = 50_000_000

/** A folder with a model as another machine would have installed it. */
const MAKE_MODEL = `
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.unit.model_store.converter import NAMES, manifest_of
from sidecar.model_store.manifest import write_manifest
folder = Path(sys.argv[2])
folder.mkdir()
for name in NAMES:
    with (folder / name).open("wb") as file:
        file.truncate(int(sys.argv[4]))
write_manifest(folder, manifest_of(folder, sys.argv[3]))
`

vi.setConfig({ testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS })

let host: TestHost
let page: TestPage

beforeAll(async () => {
  host = await startTestHost()
  page = openPage(host.origin, { token: host.token })
  await page.api.config.get()
})

afterAll(async () => {
  page.vanish()
  await host.stop()
})

function modelFolder(name: string, fileBytes = 1000): string {
  const folder = join(host.sidecar.folder, name)
  execFileSync(program().path, ['-c', MAKE_MODEL, CHECKOUT, folder, name, String(fileBytes)])
  return folder
}

test('every channel that pages may call is served, and none besides', () => {
  const handlers = makeHandlers({} as Services)

  expect(Object.keys(handlers).sort()).toEqual(Object.keys(ARGUMENTS).sort())
})

test('what another program changes is told to pages', async () => {
  const config = page.told('config:changed', ({ language }) => language === 'de')
  const client = await host.sidecar.client()

  await client.call('config.set', { changes: { language: 'de' } })

  expect((await config).language).toBe('de')
  expect((await page.api.config.get()).language).toBe('de')
})

test('a page that changes the history sees it change', async () => {
  const client = await host.sidecar.client()
  const added = page.told('history:changed')
  const text = 'Ein Satz.'
  const { result } = await client.call('history.add', { text, engine: 'scripted', duration_ms: 9 })
  await added

  const starred = await page.api.history.update({ entry: result.entry, starred: true })
  const content = await page.api.history.export([result.entry], 'txt')
  const deleted = await page.api.history.delete([result.entry], true)

  expect(starred.starred).toBe(true)
  expect(content).toContain(text)
  expect(deleted).toBe(1)
  await expect(page.api.history.get(result.entry)).rejects.toHaveProperty('kind')
})

test('private mode is told to all pages, and ends with the host', async () => {
  const told = page.told('private:changed')

  await page.api.privacy.set(true)

  expect(await told).toBe(true)
  expect(await page.api.privacy.get()).toBe(true)
  await page.api.privacy.set(false)
})

test('a browser has no folders to pick from', async () => {
  expect(await page.api.models.pickFolder()).toBeNull()
})

test('a hotkey for pages may be any, and what is none is not kept', async () => {
  const isFree = await page.api.hotkey.try('Alt+D')
  const chosen = await page.api.config.set({ hotkey: 'Alt+D' })
  const refused = page.api.config.set({ hotkey: 'Shift+A' })

  expect(isFree).toBe(true)
  expect(chosen.hotkey).toBe('Alt+D')
  await expect(refused).rejects.toMatchObject({ kind: 'BAD_ARGUMENTS' })
  await expect(page.api.hotkey.try('D')).rejects.toMatchObject({ kind: 'BAD_ARGUMENTS' })
  expect((await page.api.config.get()).hotkey).toBe('Alt+D')
  expect(await page.api.hotkey.works()).toBe(true)
})

describe('models', () => {
  test('one is imported with progress, checked and removed', async () => {
    const folder = modelFolder('mine')
    const phases = new Map<string, Set<string>>()
    page.api.on('models:progress', ({ model, progress }) => {
      phases.set(model, (phases.get(model) ?? new Set()).add(progress.phase))
    })

    const imported = await page.api.models.import(folder)
    const verified = await page.api.models.verify('mine')
    const engines = await page.api.engines.list()
    const freed = await page.api.models.remove('mine')

    expect(imported).toMatchObject({ model: 'mine', state: 'installed' })
    expect(verified).toEqual(imported)
    expect(engines.engines.map(({ id }) => id)).toContain('mine')
    expect(engines.defaultEngine).toBe('scripted')
    expect(freed).toBeGreaterThan(0)
    expect([...phases.keys()]).toEqual([folder, 'mine'])
  })

  test('an import that is stopped leaves no model, and may be begun again', async () => {
    const folder = modelFolder('large', BIG_BYTES)
    const begun = page.told('models:progress', ({ model }) => model === folder)

    const importing = page.api.models.import(folder).catch((error: unknown) => error)
    await begun
    const again = page.api.models.import(folder)
    await expect(again).rejects.toMatchObject({ kind: 'BUSY' })
    await page.api.models.stop(folder)

    expect(await importing).toMatchObject({ kind: 'CANCELLED' })
    const models = await page.api.models.list()
    expect(models.find(({ model }) => model === 'large')).toBeUndefined()
    const imported = await page.api.models.import(folder)
    expect(imported.state).toBe('installed')
  })

  test('a model that nobody knows is an error that says so', async () => {
    const installing = page.api.models.install('no-such-model', null)

    await expect(installing).rejects.toMatchObject({ kind: 'MODEL_MISSING' })
    await expect(page.api.models.stop('no-such-model')).resolves.toBeUndefined()
  })
})

test('a paste that hangs does not hold up the end', { timeout: 9000 }, async () => {
  const hanging: Partial<Inserter> = { idle: () => new Promise(() => {}) }
  const supervisor = new Supervisor({
    locate: program,
    logDir: join(host.sidecar.folder, 'other-log'),
    client: { name: 'sotto-test', version: '0' },
  })
  const parts = { inserter: hanging, tell: () => {}, rescueFolder: '', unexpected: () => {} }
  const app = new App(supervisor, parts as unknown as HostParts)

  await app.stop()

  expect(supervisor.status).toEqual({ state: 'stopped' })
})

test('a sidecar that cannot be had is told, and a restart brings it back', async () => {
  const down = page.told('sidecar:status', ({ state }) => state === 'stopped')
  await host.sidecar.supervisor.stop()
  await down
  const refused = page.api.history.list({})
  await expect(refused).rejects.toMatchObject({ kind: 'SIDECAR_DOWN' })
  const preferences = await page.api.config.get()

  const ready = page.told('sidecar:status', ({ state }) => state === 'ready')
  await page.api.sidecar.restart()
  await ready

  expect(preferences.language).toBe('de')
  expect((await page.api.history.list({})).total).toBe(0)
})
