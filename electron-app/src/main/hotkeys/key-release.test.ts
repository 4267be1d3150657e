// Real keys of a real X server, and the real library in a program of its own, which ends with
// its server. Skipped where the programs are not installed.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Display, missingForX11 } from '../insertion/testing'

const DEADLINE_MS = 60_000
const ROOT = join(import.meta.dirname, '../../..')

const missing = missingForX11(['Xvfb', 'xdotool', 'xdpyinfo'])
if (missing.length > 0) console.warn(`Not tested with real keys: ${missing.join(', ')} missing`)

/** The test program, as it runs. */
class Watcher {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor(program: string, env: NodeJS.ProcessEnv) {
    const child = spawn(process.execPath, [program], { env, stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child = child
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  /** The next line that it says. */
  async next(): Promise<string | undefined> {
    const { value } = await this.#lines.next()
    return value
  }

  /** Says a line to it. Returns what it answers. */
  tell(line: string): Promise<string | undefined> {
    this.#child.stdin?.write(`${line}\n`)
    return this.next()
  }

  /** Gives it nothing more to read. Returns how it ends by itself. */
  async end(): Promise<unknown> {
    const ended = once(this.#child, 'exit')
    this.#child.stdin?.end()
    const [code, signal] = await ended
    return code ?? signal
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}

describe.skipIf(missing.length > 0)('on X11', { timeout: DEADLINE_MS }, () => {
  let folder: string
  let display: Display
  let watchers: Watcher[]

  beforeAll(async () => {
    // Within node_modules it finds the library.
    const parent = join(ROOT, 'node_modules', '.sotto-test')
    mkdirSync(parent, { recursive: true })
    folder = mkdtempSync(join(parent, 'keys-'))
    await build({
      configFile: false,
      logLevel: 'error',
      build: {
        ssr: join(import.meta.dirname, 'testing-program.ts'),
        outDir: folder,
        rolldownOptions: {
          output: { format: 'cjs', entryFileNames: 'program.cjs', dynamicImportInCjs: false },
        },
      },
    })
    display = await Display.open()
  }, DEADLINE_MS)

  afterAll(async () => {
    await display.close()
    rmSync(folder, { recursive: true, force: true })
  }, DEADLINE_MS)

  beforeEach(() => {
    watchers = []
  })

  afterEach(() => {
    for (const watcher of watchers) watcher.kill()
  })

  function start(env: NodeJS.ProcessEnv = {}): Watcher {
    const watcher = new Watcher(join(folder, 'program.cjs'), { ...display.env, ...env })
    watchers.push(watcher)
    return watcher
  }

  async function ready(): Promise<Watcher> {
    const watcher = start()
    expect(await watcher.next()).toBe('prepared true')
    return watcher
  }

  async function keys(what: 'keydown' | 'keyup', ...names: readonly string[]): Promise<void> {
    await display.run(
      'xdotool',
      names.flatMap((name) => [what, name]),
    )
  }

  async function moveMouse(): Promise<void> {
    await display.run('xdotool', ['mousemove_relative', '--', '3', '3'])
  }

  test.each<[string, readonly string[], string]>([
    ['CommandOrControl+Shift+Space', ['ctrl', 'shift', 'space'], 'space'],
    ['CommandOrControl+Shift+Space', ['ctrl', 'shift', 'space'], 'ctrl'],
    ['CommandOrControl+Shift+Space', ['ctrl', 'shift', 'space'], 'shift'],
    ['Alt+D', ['Alt_L', 'd'], 'd'],
    ['Control+;', ['Control_R', 'semicolon'], 'semicolon'],
    ['Super+Left', ['Super_L', 'Left'], 'Left'],
    ['Control+num7', ['ctrl', 'KP_7'], 'ctrl'],
    ['F9', ['F9'], 'F9'],
    ['F13', ['F13'], 'F13'],
    ['VolumeMute', ['XF86AudioMute'], 'XF86AudioMute'],
    ['MediaPlayPause', ['XF86AudioPlay'], 'XF86AudioPlay'],
  ])('%s is released when of %j the key %s goes up', async (accelerator, names, first) => {
    const watcher = await ready()
    await keys('keydown', ...names)

    const watching = await watcher.tell(accelerator)
    await moveMouse()
    await keys('keyup', first)
    const told = await watcher.next()
    await keys('keyup', ...names.filter((name) => name !== first))

    expect([watching, told]).toEqual(['watching true', 'released'])
    expect(await watcher.end()).toBe(0)
  })

  test('other keys, the mouse and repeats are no release', async () => {
    const watcher = await ready()
    const told: (string | undefined)[] = []
    await keys('keydown', 'ctrl', 'space')
    await watcher.tell('Control+Space')

    await keys('keydown', 'a')
    await keys('keyup', 'a')
    await moveMouse()
    await keys('keydown', 'space')
    const next = watcher.next().then((line) => told.push(line))
    await sleep(1000) // long enough for repeats; that nothing comes only time can tell
    const before = [...told]
    await keys('keyup', 'space', 'ctrl')
    await next

    expect(before).toEqual([])
    expect(told).toEqual(['released'])
  })

  test('keys that went up before the watch began are noticed with what comes next', async () => {
    const watcher = await ready()
    await keys('keydown', 'ctrl', 'space')
    await keys('keyup', 'space', 'ctrl')

    await watcher.tell('Control+Space')
    await moveMouse()

    expect(await watcher.next()).toBe('released')
  })

  test('it watches again and again, and leaves nothing that keeps the program alive', async () => {
    const watcher = await ready()
    const told: (string | undefined)[] = []

    for (let times = 0; times < 20; times += 1) {
      await keys('keydown', 'F9')
      told.push(await watcher.tell('F9'))
      await keys('keyup', 'F9')
      told.push(await watcher.next())
    }

    expect(new Set(told)).toEqual(new Set(['watching true', 'released']))
    expect(await watcher.end()).toBe(0)
  })

  test('what is stopped tells nothing, and keeps no program alive', async () => {
    const watcher = await ready()
    await keys('keydown', 'F9')
    await watcher.tell('F9')

    const stopped = await watcher.tell('stop')
    await keys('keyup', 'F9')
    const code = await watcher.end()

    expect(stopped).toBe('stopped')
    expect(await watcher.next()).toBeUndefined()
    expect(code).toBe(0)
  })

  test.each<[string, NodeJS.ProcessEnv]>([
    ['under Wayland', { WAYLAND_DISPLAY: 'wayland-0' }],
    ['without a display', { DISPLAY: undefined }],
    ['without xdpyinfo, which tells what the server can do', { PATH: '/nowhere' }],
    ['where the system does not trust the program', { SOTTO_TEST_TRUSTED: 'no' }],
  ])('%s it cannot be told, and the program goes on', async (_, env) => {
    const watcher = start(env)

    const prepared = await watcher.next()
    const watching = await watcher.tell('F9')

    expect([prepared, watching]).toEqual(['prepared false', 'watching false'])
    expect(await watcher.end()).toBe(0)
  })

  test('on a server that records no keys it cannot be told, and the program goes on', async () => {
    const other = await Display.open(['-extension', 'RECORD'])
    const watcher = start(other.env)

    const prepared = await watcher.next()
    const watching = await watcher.tell('F9')
    const code = await watcher.end()
    await other.close()

    expect([prepared, watching, code]).toEqual(['prepared false', 'watching false', 0])
  })
})
