import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { SottoApi } from '../../shared/api'
import type { HostInfo } from '../../shared/ipc'
import { speech } from '../sidecar/testing'
import { type BuiltHosts, buildHosts } from '../testing'
import { electron, type FakeFrame, fake, preloadOf } from './testing'

const PATIENCE_MS = 90_000
const OURS: FakeFrame = { origin: 'app://sotto', parent: null }

const require = createRequire(import.meta.url)
const ELECTRON = require.resolve('electron')

vi.setConfig({ testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS })

let built: BuiltHosts

/** Load a bundle that finds `given` where it asks for Electron. */
function load(bundle: string, given: object): void {
  require.cache[ELECTRON] = { exports: given, loaded: true } as NodeJS.Module
  delete require.cache[require.resolve(bundle)]
  require(bundle)
}

/** The api of the window's page, as its preload exposes it to a frame. */
function apiOf(frame: FakeFrame, window = panel()): SottoApi {
  const preload = preloadOf(window.webContents, frame)
  load(join(built.folder, 'preload', 'index.cjs'), preload.electron)
  return preload.exposed['sotto'] as SottoApi
}

function windowAt(address: RegExp) {
  const found = fake.windows.find(({ url }) => address.test(url))
  if (found === undefined) throw new Error(`No window shows ${address}.`)
  return found
}
const panel = () => windowAt(/#\//)
const pill = () => windowAt(/surface=pill/)

beforeAll(async () => {
  built = await buildHosts()
  const { folder, runtimeFolder } = built
  fake.app.paths = { logs: join(folder, 'logs'), userData: join(folder, 'user') }
  vi.stubEnv('SOTTO_DATA_DIR', join(folder, 'data'))
  vi.stubEnv('SOTTO_RUNTIME_DIR', runtimeFolder)
  load(join(folder, 'main', 'index.js'), electron)
  // Before it is ready, Electron can open no window, and no page is served.
  fake.app.emit('second-instance')
  fake.app.emit('activate')
  expect(fake.windows).toEqual([])
  fake.app.emit('ready')
  await vi.waitFor(() => expect(fake.windows).toHaveLength(2), PATIENCE_MS)
})

afterAll(() => {
  vi.unstubAllEnvs()
  delete require.cache[ELECTRON]
  built.remove()
})

describe('windows', () => {
  test('every page is isolated, sandboxed and without Node', () => {
    const preferences = fake.windows.map(({ options }) => options.webPreferences)

    expect(fake.app.calls).toContain('enableSandbox')
    expect(preferences).toHaveLength(2)
    for (const each of preferences) {
      expect(each).toMatchObject({
        contextIsolation: true,
        sandbox: true,
        nodeIntegration: false,
        nodeIntegrationInWorker: false,
        webSecurity: true,
        webviewTag: false,
        preload: join(built.folder, 'preload', 'index.cjs'),
      })
    }
  })

  test('the pill never takes the focus, and nothing shows it before it is needed', () => {
    expect(pill().options).toMatchObject({ focusable: false, frame: false, alwaysOnTop: true })
    expect(pill().calls).toEqual([])
    expect(panel().calls).toContain('show')
  })

  test('pages go nowhere and open nothing', () => {
    const { webContents } = panel()
    const prevented = ['will-navigate', 'will-redirect', 'will-attach-webview'].map((name) => {
      const preventDefault = vi.fn()
      webContents.emit(name, { preventDefault })
      return preventDefault.mock.calls.length
    })

    expect(prevented).toEqual([1, 1, 1])
    expect(webContents.openHandler?.({ url: 'https://a.example' })).toEqual({ action: 'deny' })
  })

  test('closing the panel leaves it in the tray', () => {
    const preventDefault = vi.fn()

    panel().emit('close', { preventDefault })

    expect(preventDefault).toHaveBeenCalledOnce()
    expect(panel().calls.at(-1)).toBe('hide')
  })
})

describe('pages', () => {
  const get = (url: string, method = 'GET') => fake.servePage?.(new Request(url, { method }))

  test('come from our own scheme, with their policy', async () => {
    const page = await get('app://sotto/index.html')

    expect(fake.schemes).toMatchObject([{ scheme: 'app', privileges: { secure: true } }])
    expect(page?.status).toBe(200)
    expect(page?.headers.get('content-security-policy')).toMatch(/^default-src 'none'/)
    expect(await page?.text()).toContain('<title>Sotto</title>')
  })

  test.each([
    'app://sotto/../main/index.js',
    'app://sotto/%2e%2e/main/index.js',
    'app://other/index.html',
    'app://sotto/missing.js',
  ])('%s is not served', async (url) => {
    expect((await get(url))?.status).toBe(404)
  })

  test('may use the microphone if they are ours, and nothing else', () => {
    const request = (permission: string, details: object): unknown => {
      const allow = vi.fn()
      fake.permissions.get('request')?.(null, permission, allow, details)
      return allow.mock.calls[0]?.[0]
    }
    const audio = { mediaTypes: ['audio'], requestingUrl: 'app://sotto/index.html' }

    expect(request('media', audio)).toBe(true)
    expect(request('media', { ...audio, mediaTypes: ['audio', 'video'] })).toBe(false)
    expect(request('media', { ...audio, mediaTypes: [] })).toBe(false)
    expect(request('media', { ...audio, requestingUrl: 'https://a.example/' })).toBe(false)
    expect(request('geolocation', audio)).toBe(false)
    const check = fake.permissions.get('check')
    expect(check?.(null, 'media', 'app://sotto/', { mediaType: 'audio' })).toBe(true)
    expect(check?.(null, 'media', 'https://a.example', { mediaType: 'audio' })).toBe(false)
    expect(check?.(null, 'clipboard-read', 'app://sotto/', {})).toBe(false)
    expect(check?.(null, 'media', '', { mediaType: 'audio' })).toBe(false)
  })
})

describe('calls', () => {
  test('of our page are answered, through the preload', async () => {
    const api = apiOf(OURS)

    const info = await api.host.info()

    expect(info).toMatchObject({ host: 'electron', can: { paste: true, secrets: 'encrypted' } })
    await expect(api.history.get(0)).rejects.toMatchObject({ kind: 'BAD_ARGUMENTS' })
  })

  test.each<[string, FakeFrame]>([
    ['a frame within our page', { origin: 'app://sotto', parent: {} }],
    ['a page of another origin', { origin: 'https://a.example', parent: null }],
    ['an origin that begins like ours', { origin: 'app://sotto.example', parent: null }],
  ])('of %s are refused', async (_, frame) => {
    const refused = apiOf(frame).host.info()

    await expect(refused).rejects.toMatchObject({ kind: 'UNAUTHORIZED' })
  })

  test('a page that is loaded again and again leaves nothing of before', async () => {
    const { webContents } = panel()
    const count = () =>
      ['destroyed', 'render-process-gone', 'did-navigate'].map((name) =>
        webContents.listenerCount(name),
      )
    await apiOf(OURS).host.info()
    const before = count()

    for (let times = 0; times < 3; times += 1) {
      webContents.emit('did-navigate')
      await apiOf(OURS).host.info()
    }

    expect(count()).toEqual(before)
  })

  test('an error reaches the page as a plain object', async () => {
    const error = await apiOf(OURS)
      .dictation.stop(999)
      .catch((reason: unknown) => reason)

    expect(error).not.toBeInstanceOf(Error)
    expect(error).toMatchObject({ kind: 'NO_DICTATION', retryable: false })
  })
})

describe('dictation', () => {
  test('a hotkey of another program is refused before anything is kept', async () => {
    const api = apiOf(OURS)
    await api.config.set({ hotkey: 'CommandOrControl+Alt+D' })
    fake.takenHotkey = 'CommandOrControl+Alt+E'

    const refused = api.config.set({ hotkey: fake.takenHotkey })

    await expect(refused).rejects.toMatchObject({ kind: 'HOTKEY_TAKEN' })
    expect((await api.config.get()).hotkey).toBe('CommandOrControl+Alt+D')
    expect([...fake.hotkeys.keys()]).toEqual(['CommandOrControl+Alt+D'])
    expect(await api.hotkey.try(fake.takenHotkey)).toBe(false)
  })

  test('a hotkey of the settings that another program has is told to pages', async () => {
    const api = apiOf(OURS)
    const told = vi.fn()
    api.on('hotkey:works', told)
    const { hotkey } = await api.config.get()

    fake.takenHotkey = hotkey
    electron.powerMonitor.emit('resume')
    const worked = await api.hotkey.works()
    fake.takenHotkey = ''
    electron.powerMonitor.emit('resume')

    expect(worked).toBe(false)
    expect(told.mock.calls).toEqual([[false], [true]])
  })

  test('the hotkey shows the pill without focus, and tells its page', async () => {
    await apiOf(OURS).config.set({ hotkey: 'CommandOrControl+Shift+Space' })
    const told = vi.fn()
    apiOf(OURS, pill()).on('hotkey:pressed', told)

    const [press] = fake.hotkeys.values()
    press?.()

    expect(told).toHaveBeenCalledOnce()
    expect(pill().calls).toEqual(['showInactive'])
  })

  test.skipIf(process.platform === 'win32')('that a hotkey cannot be held is told', async () => {
    vi.stubEnv('WAYLAND_DISPLAY', 'wayland-0')
    const api = apiOf(OURS)
    const told = new Promise<HostInfo>((resolve) => api.on('host:info', resolve))

    await api.config.set({ activation: 'hold' })
    const info = await told

    expect(info.can.hold).toBe(false)
    expect(await api.host.info()).toEqual(info)
  })

  test('a page that crashes leaves what was said among the interrupted recordings', async () => {
    const api = apiOf(OURS)
    const before = (await api.recordings.list()).length
    const dictation = await api.dictation.open({ isPrivate: false })
    const events: string[] = []
    api.on('dictation', ({ event }) => events.push(event.kind))
    const voice = speech()
    for (let at = 0; at < voice.length; at += 3200) {
      api.dictation.push(dictation, voice.slice(at, at + 3200).buffer as ArrayBuffer)
    }
    await vi.waitFor(() => expect(events).toContain('speech'), PATIENCE_MS)

    panel().webContents.emit('render-process-gone')

    await vi.waitFor(() => expect(events.at(-1)).toBe('ended'), PATIENCE_MS)
    await vi.waitFor(() => expect(panel().calls.at(-1)).toBe('reload'), PATIENCE_MS)
    expect(await api.recordings.list()).toHaveLength(before + 1)
  })
})

test('leaving waits for the sidecar to be gone, and then exits', async () => {
  const report = await apiOf(OURS).sidecar.report()
  const pid = Number(/"pid":(\d+)/.exec(report)?.[1])
  const preventDefault = vi.fn()

  fake.app.emit('before-quit', { preventDefault })
  fake.app.emit('before-quit', { preventDefault })
  const calledAtOnce = fake.app.calls.includes('exit 0')
  await once(fake.app, 'exited')

  expect(preventDefault).toHaveBeenCalledTimes(2)
  expect(calledAtOnce).toBe(false)
  expect(fake.app.calls.filter((call) => call.startsWith('exit'))).toEqual(['exit 0'])
  expect(() => process.kill(pid, 0)).toThrow(/ESRCH/)
  expect(fake.hotkeys.size).toBe(0)
})
