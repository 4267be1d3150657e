import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { SidecarStatus } from '../../shared/ipc'
import type { SidecarClient } from './client'
import type { SidecarError } from './errors'
import type { Program } from './process'
import type { Supervisor } from './supervisor'
import { program, speech, startSidecar, type TestOptions, type TestSidecar, wavOf } from './testing'

const running: TestSidecar[] = []

function start(options: TestOptions = {}): TestSidecar {
  const sidecar = startSidecar(options)
  running.push(sidecar)
  return sidecar
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((sidecar) => sidecar.stop()))
}, 30_000)

describe('a sidecar that is killed', () => {
  test('is back at once, and who waited knows it at once', async () => {
    const sidecar = start({ scripted: true })
    const before = await sidecar.client()
    const closed = new Promise<SidecarError>((resolve) => before.on('closed', resolve))
    const told = record(sidecar.supervisor)
    const pending = [
      before.call('asr.transcribe', ...aLongCall()),
      before.call('sys.shutdown', { drain_ms: 60_000 }).catch(() => before.call('sys.ping', {})),
    ].map(kindOf)
    const next = new Promise<SidecarClient>((resolve) => sidecar.supervisor.onClient(resolve))

    process.kill(before.hello.pid, 'SIGKILL')

    expect(await Promise.all(pending)).toEqual(['SIDECAR_RESTARTED', 'SIDECAR_RESTARTED'])
    expect((await closed).kind).toBe('SIDECAR_RESTARTED')
    const after = await next
    expect(told.map(({ state }) => state)).toEqual(['restarting', 'restarting', 'ready'])
    expect(told[0]).toMatchObject({ attempt: 1 })
    expect(after.hello.epoch).not.toBe(before.hello.epoch)
    expect(await sidecar.client()).toBe(after)
    expect((await after.call('sys.info', {})).result.default_engine).toBe('scripted')
    expect(await kindOf(before.call('sys.ping', {}))).toBe('SIDECAR_RESTARTED')
  }, 60_000)

  test('leaves no socket and no descriptor behind, however often', async () => {
    const sidecar = start()
    await kill(sidecar)
    const before = openFiles()
    await kill(sidecar)
    await kill(sidecar)

    expect(openFiles()).toBeLessThanOrEqual(before + 1)
  }, 60_000)
})

describe('a sidecar that does not come up', () => {
  test('is tried five times; then a person is told why, and may try again', async () => {
    const script = 'import sys; sys.stderr.write("no libonnx for this system\\n"); sys.exit(3)'
    const sidecar = start({ program: python(script) })
    const told = record(sidecar.supervisor)

    await expect(sidecar.client()).rejects.toMatchObject({
      kind: 'SIDECAR_DOWN',
      detail: 'no libonnx for this system',
    })

    const waits = told.filter((one) => one.state === 'restarting' && one.retryInMs > 0)
    expect(waits.map((one) => one.state === 'restarting' && one.attempt)).toEqual([1, 2, 3, 4])
    expect(told.at(-1)?.state).toBe('failed')
    expect(sidecar.supervisor.logTail().join('\n')).toContain('no libonnx')

    sidecar.supervisor.restart()
    expect(sidecar.supervisor.status.state).toBe('starting')
    await until(sidecar.supervisor, 'restarting')
  }, 60_000)

  test.each([
    ['usage', 64],
    ['another version', 69],
    ['settings', 78],
  ])(
    'is not tried again where that would change nothing: %s',
    async (_, code) => {
      const sidecar = start({ program: python(`import sys; sys.exit(${code})`) })
      const told = record(sidecar.supervisor)

      await expect(sidecar.client()).rejects.toMatchObject({ kind: 'SIDECAR_DOWN' })

      expect(told.map(({ state }) => state)).toEqual(['failed'])
    },
    60_000,
  )

  test('for its settings says which one', async () => {
    const sidecar = start({ settings: { engine: 'No Engine' } })

    await expect(sidecar.client()).rejects.toMatchObject({
      detail: expect.stringContaining('The setting engine is not usable'),
    })
  }, 60_000)

  test('because there is no such program says so', async () => {
    const sidecar = start({ program: { path: '/nonexistent/sotto', args: [] } })

    await expect(sidecar.client()).rejects.toMatchObject({ kind: 'SIDECAR_DOWN' })
    expect(sidecar.supervisor.status.state).toBe('failed')
  }, 60_000)

  test('because it speaks another version is not tried again', async () => {
    const newer = `
import sys, sidecar.rpc.server as server, sidecar.rpc.handlers as handlers, sidecar.protocol.messages as messages
for module in (server, handlers, messages):
    if hasattr(module, "PROTOCOL_VERSION"):
        module.PROTOCOL_VERSION = (2, 0)
from sidecar.app import serve_supervised
sys.exit(serve_supervised())
`
    const sidecar = start({ program: python(newer) })

    await until(sidecar.supervisor, 'failed')
    expect(sidecar.supervisor.status).toMatchObject({ error: { kind: 'VERSION' } })
  }, 60_000)

  test('because it says something else first is not believed', async () => {
    const sidecar = start({ program: python('print("Welcome"); import time; time.sleep(60)') })

    await until(sidecar.supervisor, 'restarting')
    expect(sidecar.supervisor.logTail().join('\n')).not.toContain('Welcome')
  }, 60_000)

  test('within ten seconds is ended and tried again', async () => {
    const sidecar = start({ program: python('import time; time.sleep(600)') })

    await until(sidecar.supervisor, 'restarting')
  }, 60_000)
})

describe('a sidecar that is stuck', () => {
  test('shows, and is well again when it goes on', async () => {
    const sidecar = start()
    const before = await sidecar.client()
    const { pid, epoch } = before.hello
    process.kill(pid, 'SIGSTOP')

    await until(sidecar.supervisor, 'unresponsive')
    process.kill(pid, 'SIGCONT')
    await until(sidecar.supervisor, 'ready')

    const after = await sidecar.client()
    expect(after.hello.epoch).toBe(epoch)
    await after.call('sys.ping', {})
  }, 60_000)

  test('for too long is ended and started again', async () => {
    const sidecar = start()
    const before = await sidecar.client()
    process.kill(before.hello.pid, 'SIGSTOP')

    await until(sidecar.supervisor, 'restarting')
    await until(sidecar.supervisor, 'ready')

    const after = await sidecar.client()
    expect(after.hello.epoch).not.toBe(before.hello.epoch)
    expect(isAlive(before.hello.pid)).toBe(false)
  }, 90_000)

  test('while the machine sleeps is left alone', async () => {
    const sidecar = start()
    const before = await sidecar.client()
    const told = record(sidecar.supervisor)
    sidecar.supervisor.suspend()
    process.kill(before.hello.pid, 'SIGSTOP')
    await delay(17_000) // longer than a sidecar may be silent

    process.kill(before.hello.pid, 'SIGCONT')
    sidecar.supervisor.resume()
    const after = await linked(sidecar.supervisor)

    expect(after.hello.epoch).toBe(before.hello.epoch)
    expect(told.map(({ state }) => state)).not.toContain('restarting')
  }, 90_000)
})

describe('the end', () => {
  test('that is asked for is orderly, and what waits for a client is told', async () => {
    const sidecar = start()
    const { hello } = await sidecar.client()

    await sidecar.supervisor.stop()

    expect(sidecar.supervisor.status).toEqual({ state: 'stopped' })
    expect(isAlive(hello.pid)).toBe(false)
    expect(sidecar.supervisor.logTail().at(-1)).toContain('"code":0')
    await expect(sidecar.client()).rejects.toMatchObject({ kind: 'SIDECAR_DOWN' })
  }, 60_000)

  test('before it has begun is harmless, and so is a second one', async () => {
    const sidecar = start()

    await Promise.all([sidecar.supervisor.stop(), sidecar.supervisor.stop()])
    await sidecar.supervisor.stop()

    expect(sidecar.supervisor.status).toEqual({ state: 'stopped' })
  }, 60_000)

  test('comes also for a sidecar that takes no notice of anything', async () => {
    const sidecar = start()
    const { hello } = await sidecar.client()
    process.kill(hello.pid, 'SIGSTOP')

    await sidecar.supervisor.stop()

    expect(isAlive(hello.pid)).toBe(false)
  }, 60_000)

  test('of a sidecar is followed by a new one where somebody asks for a restart', async () => {
    const sidecar = start()
    const before = await sidecar.client()
    const told = record(sidecar.supervisor)

    sidecar.supervisor.restart()
    const after = await linked(sidecar.supervisor)

    expect(told.map(({ state }) => state)).toEqual(['stopping', 'starting', 'ready'])
    expect(after.hello.epoch).not.toBe(before.hello.epoch)
  }, 60_000)

  test('can be had without waiting', async () => {
    const sidecar = start()
    const { hello } = await sidecar.client()

    sidecar.supervisor.kill()

    await until(sidecar.supervisor, 'stopped')
    expect(isAlive(hello.pid)).toBe(false)
  }, 60_000)
})

describe('a program that owns a sidecar', () => {
  const app = join(import.meta.dirname, '../../..')
  let built: string

  beforeAll(async () => {
    mkdirSync(join(app, 'out'), { recursive: true })
    built = mkdtempSync(join(app, 'out', 'test-host-'))
    await build({
      root: app,
      configFile: false,
      logLevel: 'error',
      build: {
        ssr: join(import.meta.dirname, 'testing-host.ts'),
        outDir: built,
        rollupOptions: { output: { entryFileNames: 'host.mjs' } },
      },
      ssr: { external: true },
    })
  }, 60_000)

  afterAll(() => rmSync(built, { recursive: true, force: true }))

  test('leaves none behind when it is killed', async () => {
    const host = await hosted(join(built, 'host.mjs'))

    host.child.kill('SIGKILL')

    await gone(host.pid)
    rmSync(host.folder, { recursive: true, force: true })
  }, 60_000)

  test('ends by itself once it has stopped it', async () => {
    const host = await hosted(join(built, 'host.mjs'))

    host.child.stdin?.end()
    const [code] = await once(host.child, 'exit')

    expect(code).toBe(0)
    expect(isAlive(host.pid)).toBe(false)
  }, 60_000)
})

interface Host {
  readonly child: ChildProcess
  readonly pid: number
  readonly folder: string
}

async function hosted(path: string): Promise<Host> {
  const child = spawn(process.execPath, [path], { stdio: ['pipe', 'pipe', 'inherit'] })
  const line = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
  return { child, ...JSON.parse(String(line[0])) }
}

function python(script: string): Program {
  return { path: program().path, args: ['-c', script] }
}

function aLongCall() {
  const params = { audio: { k: 'inline', data: { $bin: 0 } }, hotwords: ['sleep:60'] } as const
  return [params, { binaries: [wavOf(speech())] }] as const
}

async function kindOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'no error',
    (error) => (error as SidecarError).kind,
  )
}

function record(supervisor: Supervisor): readonly SidecarStatus[] {
  const told: SidecarStatus[] = []
  supervisor.onStatus((status) => told.push(status))
  return told
}

function until(supervisor: Supervisor, state: SidecarStatus['state']): Promise<void> {
  return new Promise((resolve) => {
    const off = supervisor.onStatus((status) => {
      if (status.state !== state) return
      off()
      resolve()
    })
    if (supervisor.status.state === state) {
      off()
      resolve()
    }
  })
}

/** The next client. */
function linked(supervisor: Supervisor): Promise<SidecarClient> {
  return new Promise((resolve) => {
    const off = supervisor.onClient((client) => {
      off()
      resolve(client)
    })
  })
}

async function kill(sidecar: TestSidecar): Promise<void> {
  const { hello } = await sidecar.client()
  const next = linked(sidecar.supervisor)
  process.kill(hello.pid, 'SIGKILL')
  await next
}

function openFiles(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0
}

/** Whether it runs; one that nobody has waited for yet does not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  if (process.platform !== 'linux') return true
  return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}

async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await delay(20)
}
