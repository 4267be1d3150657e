import { join } from 'node:path'
import { describe, expect, type TestContext, test } from 'vitest'
import {
  program,
  python,
  record,
  startSidecar,
  type TestOptions,
  type TestSidecar,
  until,
} from './testing'

const FATAL = [
  ['usage', 64],
  ['another version', 69],
  ['settings', 78],
] as const

describe.concurrent('a sidecar that does not come up', () => {
  test('is tried five times; then a person is told why, and may try again', async (context) => {
    const script = 'import sys; sys.stderr.write("no libonnx for this system\\n"); sys.exit(3)'
    const sidecar = start(context, { program: python(script) })
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

  for (const [what, code] of FATAL) {
    test(`is not tried again where that would change nothing: ${what}`, async (context) => {
      const sidecar = start(context, { program: python(`import sys; sys.exit(${code})`) })
      const told = record(sidecar.supervisor)

      await expect(sidecar.client()).rejects.toMatchObject({ kind: 'SIDECAR_DOWN' })

      expect(told.map(({ state }) => state)).toEqual(['failed'])
    }, 60_000)
  }

  test('for its settings says which one', async (context) => {
    const sidecar = start(context, { settings: { engine: 'No Engine' } })

    await expect(sidecar.client()).rejects.toMatchObject({
      detail: expect.stringContaining('The setting engine is not usable'),
    })
  }, 60_000)

  test('because there is no such program says so', async (context) => {
    const sidecar = start(context, { program: { path: '/nonexistent/sotto', args: [] } })

    await expect(sidecar.client()).rejects.toMatchObject({ kind: 'SIDECAR_DOWN' })
    expect(sidecar.supervisor.status.state).toBe('failed')
  }, 60_000)

  test('for its folder does not say where that is', async (context) => {
    const inAFile = join(program().path, 'private-name')
    const sidecar = start(context, { settings: { data_dir: inAFile } })

    const why = await sidecar.client().catch((error: unknown) => error)

    expect(why).toMatchObject({ kind: 'SIDECAR_DOWN', detail: expect.stringContaining('ENOTDIR') })
    expect(why).toMatchObject({ detail: expect.not.stringContaining('private-name') })
  }, 60_000)

  test('because it speaks another version is not tried again', async (context) => {
    const newer = `
import sys, sidecar.rpc.server as server, sidecar.rpc.handlers as handlers, sidecar.protocol.messages as messages
for module in (server, handlers, messages):
    if hasattr(module, "PROTOCOL_VERSION"):
        module.PROTOCOL_VERSION = (2, 0)
from sidecar.app import serve_supervised
sys.exit(serve_supervised())
`
    const sidecar = start(context, { program: python(newer) })

    await until(sidecar.supervisor, 'failed')
    expect(sidecar.supervisor.status).toMatchObject({ error: { kind: 'VERSION' } })
  }, 60_000)

  test('because it says something else first is not believed', async (context) => {
    const sidecar = start(context, {
      program: python('print("Welcome"); import time; time.sleep(60)'),
    })

    await until(sidecar.supervisor, 'restarting')
    expect(sidecar.supervisor.logTail().join('\n')).not.toContain('Welcome')
  }, 60_000)

  test('within half a minute is ended and tried again', async (context) => {
    const sidecar = start(context, { program: python('import time; time.sleep(600)') })

    await until(sidecar.supervisor, 'restarting')
  }, 60_000)
})

function start(context: TestContext, options: TestOptions): TestSidecar {
  const sidecar = startSidecar(options)
  context.onTestFinished(() => sidecar.stop())
  return sidecar
}
