import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { isAlive, nextClient, record, startSidecar, type TestSidecar, until } from './testing'

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
    const after = await nextClient(sidecar.supervisor)

    expect(after.hello.epoch).toBe(before.hello.epoch)
    expect(told.map(({ state }) => state)).not.toContain('restarting')
  }, 90_000)
})

function start(): TestSidecar {
  const sidecar = startSidecar()
  onTestFinished(() => sidecar.stop())
  return sidecar
}
