// The built web host as a process, with folders of its own.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { BUILD, CHECKOUT, PYTHON } from './checkout'

export interface HostOptions {
  /** The scripted one says what hotwords tell it to, by how much it has heard. */
  readonly engine?: 'scripted' | 'builtin'
  /** Of the sidecar: SOTTO_*. */
  readonly env?: Readonly<Record<string, string>>
}

/** What an app needs of its host. */
export interface Host {
  link(): Promise<URL>
  readonly complaints: string
  stop(): Promise<void>
}

export class HostProcess implements Host {
  readonly #child: ChildProcess
  readonly #said: string[] = []
  readonly #closed: Promise<unknown>

  /** @param folder - a private one; the data folder is `data` in there. */
  constructor(folder: string, { engine = 'scripted', env = {} }: HostOptions) {
    this.#child = spawn(
      process.execPath,
      [join(BUILD, 'node', 'web.js'), '--data-dir', join(folder, 'data'), '--engine', engine],
      {
        stdio: ['pipe', 'pipe', 'pipe'],
        env: {
          ...process.env,
          SOTTO_RUNTIME_DIR: join(folder, 'run'),
          ...(engine === 'scripted' && { SOTTO_SIDECAR: withScriptedEngine(folder) }),
          ...env,
        },
      },
    )
    this.#closed = once(this.#child, 'close')
    this.#child.stderr?.on('data', (said: Buffer) => this.#said.push(said.toString()))
  }

  /** The link that it prints, good for one browser. */
  async link(): Promise<URL> {
    const { stdout } = this.#child
    if (stdout === null) throw new Error('the host has no stdout')
    const line = once(createInterface({ input: stdout }), 'line')
    const ended = this.#closed.then(() => {
      throw new Error(`the host ended: ${this.complaints}`)
    })
    const [link] = await Promise.race([line, ended])
    return new URL(link)
  }

  /** What it has to complain of: nothing, as long as all is well. */
  get complaints(): string {
    return this.#said.join('')
  }

  /** Of the sidecar that runs now. Waits for one. */
  async sidecarPid(): Promise<number> {
    for (;;) {
      const { pid } = this.#child
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
      if (children !== '') return Number(children.split(' ')[0])
      await pause(20)
    }
  }

  async killSidecar(): Promise<void> {
    process.kill(await this.sidecarPid(), 'SIGKILL')
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#closed
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill()
    await this.#closed
  }
}

/** The checkout's sidecar with that engine: Python's variables of ours do not reach it. */
function withScriptedEngine(folder: string): string {
  const path = join(folder, 'sotto')
  const engines = join(CHECKOUT, 'tests', 'data', 'engines')
  const script = `#!/bin/sh\nPYTHONPATH='${engines}' exec '${PYTHON}' -P -m sidecar "$@"\n`
  writeFileSync(path, script, { mode: 0o755 })
  return path
}
