// Packs the app with electron-builder. Electron itself is a stand-in: a few files, and a binary
// that has the fuses and nothing else. All that is ours is packed as it would be.

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { extractAll, listPackage } from '@electron/asar'
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { locateSidecar } from './sidecar/locate'

const run = promisify(execFile)
const APP = resolve(import.meta.dirname, '../..')
const DEADLINE_MS = 300_000

/** What the fuses of Electron 41 look like as it is published. */
const FUSE_WIRE = Buffer.concat([
  Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'),
  Buffer.from([1, 8]),
  Buffer.from('10110001'),
])
const BUILT = ['out/main/index.js', 'out/preload/index.cjs', 'out/renderer/index.html']
const PROGRAM = process.platform === 'win32' ? 'sotto.exe' : 'sotto'
const NOT_SHIPPED = [
  'out/main/index.js.map',
  'out/node/web.js',
  'src/main/app.ts',
  'tests/a.test.ts',
]

/** A checkout with what electron-builder looks at. Returns where its app is. */
async function checkout(root: string): Promise<string> {
  const app = join(root, 'electron-app')
  const { packages } = JSON.parse(await readFile(join(APP, 'package-lock.json'), 'utf8'))
  const shipped = Object.entries<{ dev?: boolean; devOptional?: boolean; optional?: boolean }>(
    packages,
  ).filter(([path, of]) => path !== '' && !of.dev && !of.devOptional && !of.optional)
  const modules = [...shipped.map(([path]) => path), 'node_modules/electron/package.json']
  const ours = ['package.json', 'package-lock.json', 'electron-builder.yml', 'icons', 'packaging']
  for (const path of [...ours, ...modules]) {
    await cp(join(APP, path), join(app, path), { recursive: true })
  }
  for (const path of [...BUILT, ...NOT_SHIPPED]) await put(join(app, path), '//')
  await put(join(root, 'LICENSE'), 'MIT')
  await put(join(root, 'dist/sidecar/sotto/sotto'), 'the program')
  await put(join(root, 'dist/sidecar/sotto/_internal/base_library.zip'), 'its library')
  await put(join(root, 'electron/electron'), FUSE_WIRE)
  await put(join(root, 'electron/resources/.keep'), '')
  for (const name of ['en-US', 'zh-CN', 'de'])
    await put(join(root, `electron/locales/${name}.pak`), '')
  return app
}

async function put(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
}

/** Rejects with what electron-builder says. */
async function pack(app: string): Promise<void> {
  const builder = join(APP, 'node_modules/electron-builder/cli.js')
  const electronDist = join(app, '../electron')
  const args = [builder, '--linux', 'dir', '--x64', `-c.electronDist=${electronDist}`]
  await run(process.execPath, args, { cwd: app, timeout: DEADLINE_MS }).catch((error) => {
    throw new Error(`${error.stdout}${error.stderr}`)
  })
}

const isLinuxPc = process.platform === 'linux' && process.arch === 'x64'

describe.skipIf(!isLinuxPc)('the packed app', { timeout: DEADLINE_MS }, () => {
  let root: string
  let app: string
  let packed: string

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'sotto-pack-'))
    app = await checkout(root)
    await pack(app)
    packed = join(root, 'dist/app/linux-unpacked')
  }, DEADLINE_MS)

  afterAll(() => rm(root, { recursive: true, force: true }))

  const inArchive = () =>
    listPackage(join(packed, 'resources/app.asar'), { isPack: false }).map((path) => path.slice(1))

  test('has what its main process starts with, its pages, and its tray icons', async () => {
    const { main } = JSON.parse(await readFile(join(app, 'package.json'), 'utf8'))
    const states = ['idle', 'recording', 'busy', 'error']
    const icons = states.flatMap((state) => [`${state}.png`, `${state}Template@2x.png`])

    const files = inArchive()

    expect(BUILT).toContain(main)
    expect(files).toEqual(expect.arrayContaining([...BUILT, 'package.json']))
    expect(files).toEqual(expect.arrayContaining(icons.map((icon) => `icons/tray/${icon}`)))
  })

  test('has no sources, tests and maps, and nothing of the web host', () => {
    const files = inArchive()

    expect(files.filter((path) => NOT_SHIPPED.includes(path))).toEqual([])
    expect(new Set(files.map((path) => path.split('/')[0]))).toEqual(
      new Set(['icons', 'node_modules', 'out', 'package.json']),
    )
  })

  test('has native parts for this system alone, in files that can be loaded', async () => {
    const unpacked = join(packed, 'resources/app.asar.unpacked')
    const binaries = inArchive().filter((path) => path.endsWith('.node'))
    const alone = join(root, 'alone')
    extractAll(join(packed, 'resources/app.asar'), alone)

    // Loading uiohook-napi takes a display: what its loader would take is enough here.
    const script = `
      const uiohook = require("path").dirname(require.resolve("uiohook-napi/package.json"))
      console.log(require("node-gyp-build").path(uiohook), require.resolve("uiohook-napi"))
      console.log(typeof require("zeromq").Dealer, require("zeromq").curveKeyPair())`
    const { stdout } = await run(process.execPath, ['-e', script], { cwd: alone })

    expect(binaries).toEqual([
      'node_modules/uiohook-napi/prebuilds/linux-x64/uiohook-napi.node',
      'node_modules/zeromq/build/linux/x64/node/glibc-127-Release/addon.node',
    ])
    expect(binaries.filter((path) => !existsSync(join(unpacked, path)))).toEqual([])
    expect(stdout).toMatch(/linux-x64\/uiohook-napi\.node .*\nfunction .*publicKey/s)
  })

  test('finds its sidecar', () => {
    const resourcesPath = join(packed, 'resources')

    const program = locateSidecar({ env: {}, resourcesPath, from: '/' })

    expect(program).toEqual({ path: join(resourcesPath, 'sidecar/sotto'), args: [] })
    expect(existsSync(join(resourcesPath, 'sidecar/_internal/base_library.zip'))).toBe(true)
  })

  test('runs no code but its own', async () => {
    const wire = await getCurrentFuseWire(join(packed, 'sotto-desktop'))

    const [DISABLE, ENABLE] = Buffer.from('01') // as they are written in the binary
    expect(wire).toMatchObject({
      [FuseV1Options.RunAsNode]: DISABLE,
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: DISABLE,
      [FuseV1Options.EnableNodeCliInspectArguments]: DISABLE,
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: ENABLE,
      [FuseV1Options.OnlyLoadAppFromAsar]: ENABLE,
      [FuseV1Options.EnableCookieEncryption]: ENABLE,
      [FuseV1Options.GrantFileProtocolExtraPrivileges]: DISABLE,
    })
  })
})

describe('an app', () => {
  let root: string

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'sotto-pack-'))
    for (const path of BUILT) await put(join(root, 'app', path), '//')
    await put(join(root, 'dist/sidecar/sotto', PROGRAM), 'the program')
  })

  afterEach(() => rm(root, { recursive: true, force: true }))

  const packFor = (nodeName: string): Promise<void> => {
    const hook = createRequire(import.meta.url)(join(APP, 'packaging/before-pack.cjs'))
    return hook.default({ packager: { platform: { nodeName }, projectDir: join(root, 'app') } })
  }

  test('is made of a whole checkout', async () => {
    await expect(packFor(process.platform)).resolves.toBeUndefined()
  })

  test('is not made for another system, whose sidecar is not here', async () => {
    await expect(packFor('aix')).rejects.toThrow('Package on the system')
  })

  test('is not made without its sidecar', async () => {
    await rm(join(root, 'dist/sidecar/sotto', PROGRAM))

    await expect(packFor(process.platform)).rejects.toThrow('freeze.sh')
  })

  test.each(BUILT)('is not made without %s', async (path) => {
    await rm(join(root, 'app', path))

    await expect(packFor(process.platform)).rejects.toThrow('npm run build')
  })
})

describe('the configuration', () => {
  test('names files that exist, also those that this system does not need', async () => {
    const text = await readFile(join(APP, 'electron-builder.yml'), 'utf8')
    const settings = /^ *(icon|beforePack|entitlements\w*): (\S+)$/gm
    const named = [...text.matchAll(settings)].map(([, , path]) => path ?? '')

    const missing = named.filter((path) => !existsSync(join(APP, path)))

    expect(named).toHaveLength(4)
    expect(missing).toEqual([])
  })

  test.each(['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64', 'win32-arm64'])(
    'finds the binary of uiohook-napi for %s',
    (system) => {
      const folder = join(APP, 'node_modules/uiohook-napi/prebuilds', system)

      expect(existsSync(join(folder, 'uiohook-napi.node'))).toBe(true)
    },
  )

  test('keeps the binary of zeromq that its loader takes first, on every system', async () => {
    const manifest = await readFile(join(APP, 'node_modules/zeromq/build/manifest.json'), 'utf8')
    const files: Record<string, string> = JSON.parse(manifest)
    const systems = ['linux x64 glibc', 'linux arm64 glibc', 'darwin x64 libc', 'darwin arm64 libc']
    const kept = /^[^/]+\/[^/]+\/node\/(glibc-127|libc-115|msvc-115)-Release\/addon\.node$/

    const first = [...systems, 'win32 x64 msvc', 'win32 arm64 msvc'].map((system) => {
      const [best] = Object.keys(files)
        .map((key) => ({ key, config: JSON.parse(key) }))
        .filter(({ config }) => `${config.os} ${config.arch} ${config.libc}` === system)
        .sort((one, other) => other.config.abi - one.config.abi)
      return (files[best?.key ?? ''] ?? `none for ${system}`).replaceAll('\\', '/')
    })

    expect(first.filter((path) => !kept.test(path))).toEqual([])
    expect(
      first.filter((path) => !existsSync(join(APP, 'node_modules/zeromq/build', path))),
    ).toEqual([])
  })
})
