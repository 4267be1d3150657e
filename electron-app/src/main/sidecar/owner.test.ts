import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isAlive } from './testing'

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

async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await delay(20)
}
