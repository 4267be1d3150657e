import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { silence, speech } from '../main/sidecar/testing'
import { type BuiltHosts, buildHosts } from '../main/testing'
import { followed, openPage, pushAll } from './testing'

const PATIENCE_MS = 90_000

vi.setConfig({ testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS })

let built: BuiltHosts
const running = new Set<ChildProcess>()

beforeAll(async () => {
  built = await buildHosts()
})

afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
})

afterAll(() => built.remove())

function run(...args: string[]): ChildProcess {
  const { folder, runtimeFolder } = built
  const host = join(folder, 'node', 'web.js')
  const child = spawn(process.execPath, [host, '--data-dir', join(folder, 'data'), ...args], {
    env: { ...process.env, SOTTO_RUNTIME_DIR: runtimeFolder },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true, // a group of its own, as a shell gives it
  })
  running.add(child)
  return child
}

async function linkOf(child: ChildProcess): Promise<URL> {
  if (child.stdout === null) throw new Error('It has no stdout.')
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return new URL(line)
}

const pageOf = ({ origin, hash }: URL) => openPage(origin, { token: hash.slice('#token='.length) })

/** Its code, and what it said. */
async function endOf(child: ChildProcess): Promise<{ code: number | null; said: string }> {
  const said = child.stderr === null ? '' : text(child.stderr)
  const [code] = await once(child, 'close')
  return { code, said: await said }
}

describe('starting', () => {
  test.each([
    ['--port', 'x', /--port must be a number/],
    ['--port', '65536', /--port must be a number/],
    ['--color', 'red', /Unknown option '--color'/],
  ])('%s %s is refused with the usage', async (name, value, sentence) => {
    const { code, said } = await endOf(run(name, value))

    expect(code).toBe(64)
    expect(said).toMatch(sentence)
    expect(said).toContain('Usage: npm run web')
  })

  test('a port that is taken is told in a sentence, and nothing stays behind', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo

    const { code, said } = await endOf(run('--port', String(port)))

    expect(code).toBe(1)
    expect(said).toBe('This port is taken: choose another one with --port.\n')
    other.close()
  })
})

describe('leaving', () => {
  test.each([
    'SIGTERM',
    'SIGINT',
    'Ctrl-C, which reaches the sidecar, too',
    'the end of its stdin',
  ])('at %s what was said is kept, and the sidecar ends', async (reason) => {
    const host = run()
    const page = pageOf(await linkOf(host))
    const before = (await page.api.recordings.list()).length
    const report = await page.api.sidecar.report()
    const dictation = await page.api.dictation.open({ isPrivate: false })
    const { events } = followed(page, dictation)
    const heard = page.told('dictation', ({ event }) => event.kind === 'speech')
    pushAll(page, dictation, Buffer.concat([speech(), silence(1)]))
    await heard

    if (reason === 'SIGTERM' || reason === 'SIGINT') host.kill(reason)
    else if (reason.startsWith('Ctrl-C')) process.kill(-Number(host.pid), 'SIGINT')
    else host.stdin?.end()
    const { code, said } = await endOf(host)
    page.vanish()

    expect({ code, said }).toEqual({ code: 0, said: '' })
    expect(events.at(-1)).toEqual({ kind: 'ended', outcome: 'failed' })
    const pid = /"pid":(\d+)/.exec(report)?.[1]
    expect(() => process.kill(Number(pid), 0)).toThrow(/ESRCH/)
    const again = run()
    const reopened = pageOf(await linkOf(again))
    expect(await reopened.api.recordings.list()).toHaveLength(before + 1)
    reopened.vanish()
    again.kill('SIGTERM')
    await endOf(again)
  })
})
