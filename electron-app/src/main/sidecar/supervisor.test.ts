import { readdirSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { wavOf } from '../pcm'
import type { SidecarClient } from './client'
import type { SidecarError } from './errors'
import {
  isAlive,
  nextClient,
  python,
  record,
  speech,
  startSidecar,
  type TestOptions,
  type TestSidecar,
  until,
} from './testing'

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
    expect(told[0]).toMatchObject({ state: 'restarting', attempt: 1 })
    expect(told[1]).toMatchObject({ state: 'restarting', retryInMs: 0 })
    expect(told.at(-1)?.state).toBe('ready')
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

  test('comes also for one that is not ready and does not want to leave', async () => {
    const script = 'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)'
    const sidecar = start({ program: python(`${script}; time.sleep(600)`) })

    await sidecar.supervisor.stop()

    expect(sidecar.supervisor.status).toEqual({ state: 'stopped' })
    expect(sidecar.supervisor.logTail().at(-1)).toContain('SIGKILL')
  }, 60_000)

  test('of a sidecar is followed by a new one where somebody asks for a restart', async () => {
    const sidecar = start()
    const before = await sidecar.client()
    const told = record(sidecar.supervisor)

    sidecar.supervisor.restart()
    const after = await nextClient(sidecar.supervisor)

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

function start(options: TestOptions = {}): TestSidecar {
  const sidecar = startSidecar(options)
  onTestFinished(() => sidecar.stop())
  return sidecar
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

async function kill(sidecar: TestSidecar): Promise<void> {
  const { hello } = await sidecar.client()
  const next = nextClient(sidecar.supervisor)
  process.kill(hello.pid, 'SIGKILL')
  await next
}

function openFiles(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0
}
