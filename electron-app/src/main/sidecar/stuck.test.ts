import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, type TestContext, test } from 'vitest'
import {
  isAlive,
  python,
  record,
  startSidecar,
  type TestOptions,
  type TestSidecar,
  until,
} from './testing'

/** A sidecar that does something of its own before it answers sys.diag. */
function meddledWith(deed: string) {
  return python(`
import sys, time
from sidecar.app import serve_supervised
from sidecar.rpc.dispatch import Dispatcher

take = Dispatcher._take_request

def meddle(self, peer, request, binaries):
    if request.method == "sys.diag":
        ${deed}
    take(self, peer, request, binaries)

Dispatcher._take_request = meddle
sys.exit(serve_supervised())
`)
}

describe.concurrent('a sidecar that is stuck', () => {
  test('shows, and is well again when it goes on', async (context) => {
    const sidecar = start(context)
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

  test('for too long is ended and started again', async (context) => {
    const sidecar = start(context)
    const before = await sidecar.client()
    process.kill(before.hello.pid, 'SIGSTOP')

    await until(sidecar.supervisor, 'restarting')
    await until(sidecar.supervisor, 'ready')

    const after = await sidecar.client()
    expect(after.hello.epoch).not.toBe(before.hello.epoch)
    expect(isAlive(before.hello.pid)).toBe(false)
  }, 90_000)

  test('while the machine sleeps is left alone', async (context) => {
    const sidecar = start(context)
    const before = await sidecar.client()
    const told = record(sidecar.supervisor)
    sidecar.supervisor.suspend()
    process.kill(before.hello.pid, 'SIGSTOP')
    await delay(17_000) // longer than a sidecar may be silent

    process.kill(before.hello.pid, 'SIGCONT')
    sidecar.supervisor.resume()
    await before.call('sys.ping', {})

    expect(await sidecar.client()).toBe(before)
    expect(told.map(({ state }) => state)).not.toContain('restarting')
  }, 90_000)

  test('in its own program, but not its sockets, shows and keeps its client', async (context) => {
    const sidecar = start(context, { program: meddledWith('time.sleep(9)') })
    const client = await sidecar.client()
    const diag = client.call('sys.diag', {}, { timeoutMs: 60_000 })

    await until(sidecar.supervisor, 'unresponsive')
    await until(sidecar.supervisor, 'ready')

    expect((await diag).result.clients).toBe(1)
    expect(await sidecar.client()).toBe(client)
  }, 60_000)

  test('in nonsense is replaced', async (context) => {
    const sidecar = start(context, { program: meddledWith('self.post(peer, b"\\xc1")') })
    const client = await sidecar.client()

    await expect(client.call('sys.diag', {})).rejects.toMatchObject({ kind: 'PARSE' })

    await until(sidecar.supervisor, 'restarting')
    await until(sidecar.supervisor, 'ready')
    expect((await sidecar.client()).hello.epoch).not.toBe(client.hello.epoch)
  }, 60_000)
})

function start(context: TestContext, options: TestOptions = {}): TestSidecar {
  const sidecar = startSidecar(options)
  context.onTestFinished(() => sidecar.stop())
  return sidecar
}
