// Services of tests that are written in Python, as processes.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { CHECKOUT, PYTHON } from './checkout'

export class Service {
  readonly #child: ChildProcess

  constructor(module: string, ...args: readonly string[]) {
    this.#child = spawn(PYTHON, ['-m', module, ...args], {
      cwd: CHECKOUT,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
  }

  /** The first line that it prints: its address. */
  async address(): Promise<string> {
    if (this.#child.stdout === null) throw new Error('the service has no stdout')
    const [line] = await once(createInterface({ input: this.#child.stdout }), 'line')
    return String(line)
  }

  /** Tell it something. */
  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  async stop(): Promise<void> {
    const closed = once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    await closed
  }
}
