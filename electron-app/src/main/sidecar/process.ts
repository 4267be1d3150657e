// The sidecar's process: settings in, one ready line out, and an end for sure.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { isMap } from '../../shared/protocol'
import { childEnvironment, type Environment } from './environment'
import { SidecarError, sidecarDown } from './errors'
import type { SidecarLog } from './logs'
import type { Address } from './transport'

const MAX_LINE_CHARS = 65_536
const LAST_LINES_MS = 200
const TERM_MS = 1000
const KILL_MS = 500

/** Exit codes after which starting again would change nothing: usage, version, settings. */
const FATAL_CODES: ReadonlySet<number> = new Set([64, 69, 78])

/** What to start: an absolute path, and what comes before the sidecar's own arguments. */
export interface Program {
  readonly path: string
  readonly args: readonly string[]
}

/** As in docs/protocol.md, "Finding the sidecar". Absent ones are left to the sidecar. */
export interface SidecarSettings {
  readonly engine?: string
  readonly data_dir?: string
  readonly runtime_dir?: string
  readonly log_level?: 'debug' | 'info' | 'warning' | 'error'
  readonly transport?: 'auto' | 'ipc' | 'tcp'
  readonly publish?: boolean
  readonly model_source?: string
  readonly model_catalogue?: string
  readonly keep_finished_days?: number
  readonly keep_interrupted_days?: number
  readonly keep_max_mb?: number
}

export interface ProcessOptions {
  readonly program: Program
  readonly settings: SidecarSettings
  /** Where it works: nothing there decides which code it runs. Made if absent. */
  readonly folder: string
  readonly extraEnv: Environment
}

/** How a process ended; `isFatal` where another would end in the same way. */
export interface Exit {
  readonly code: number | null
  readonly signal: string | null
  readonly isFatal: boolean
}

export class SidecarProcess {
  readonly exited: Promise<Exit>
  readonly #child: ChildProcess
  readonly #log: SidecarLog
  #exit: Exit | undefined

  /** Only the public key leaves us. The end of its stdin, also by our death, ends the sidecar. */
  constructor(publicKey: string, options: ProcessOptions, log: SidecarLog) {
    const { program, settings, folder, extraEnv } = options
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.#log = log
    this.#child = spawn(program.path, [...program.args, 'serve', '--supervised'], {
      cwd: folder,
      env: childEnvironment(process.env, extraEnv),
      shell: false,
      windowsHide: true,
      detached: false,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.exited = this.#untilExit()
    log.follow(this.#child.stderr)
    this.#child.stdin?.on('error', () => undefined) // it has ended; what it said tells why
    this.#child.stdin?.write(`${JSON.stringify({ ...settings, public_key: publicKey })}\n`)
  }

  /** Where it can be reached. Rejects with SIDECAR_DOWN if it ends, or is not ready in time. */
  async ready(timeoutMs: number): Promise<Address> {
    const late = sidecarDown(`The sidecar was not ready within ${timeoutMs / 1000} s.`)
    const line = await Promise.race([
      this.#firstLine(),
      this.exited.then((exit) => sidecarDown(sentenceOf(exit))),
      after(timeoutMs).then(() => late),
    ])
    this.#child.stdout?.destroy()
    if (line instanceof SidecarError) throw line
    return addressIn(line)
  }

  /**
   * End it, more and more firmly: its stdin ends, after `patienceMs` SIGTERM, then SIGKILL.
   * Resolves when it is gone, or 1.5 s after `patienceMs` at the latest.
   */
  async end(patienceMs: number): Promise<void> {
    this.#child.stdin?.end()
    if (await this.#goneWithin(patienceMs)) return
    this.#child.kill('SIGTERM')
    if (await this.#goneWithin(TERM_MS)) return
    this.kill()
    await this.#goneWithin(KILL_MS)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async #goneWithin(ms: number): Promise<boolean> {
    await Promise.race([this.exited, after(ms)])
    return this.#exit !== undefined
  }

  #untilExit(): Promise<Exit> {
    return new Promise((resolve) => {
      this.#child.on('error', (error: NodeJS.ErrnoException) => {
        if (this.#child.pid !== undefined) return // a signal that could not be sent
        this.#log.note('not-started', { code: error.code ?? '' })
        resolve(this.#ended({ code: null, signal: null, isFatal: error.code !== 'EAGAIN' }))
      })
      this.#child.once('exit', async (code, signal) => {
        await this.#lastLines()
        resolve(this.#ended({ code, signal, isFatal: code !== null && FATAL_CODES.has(code) }))
      })
    })
  }

  #ended(exit: Exit): Exit {
    this.#exit = exit
    return exit
  }

  /** A worker that lives a little longer holds stderr open, too: do not wait for it. */
  async #lastLines(): Promise<void> {
    const { stderr } = this.#child
    if (stderr === null || stderr.closed) return
    await Promise.race([
      new Promise((resolve) => stderr.once('close', resolve)),
      after(LAST_LINES_MS),
    ])
    stderr.destroy()
  }

  #firstLine(): Promise<string> {
    return new Promise((resolve) => {
      let text = ''
      this.#child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
        text += piece
        const end = text.indexOf('\n')
        if (end >= 0 || text.length > MAX_LINE_CHARS) resolve(text.slice(0, Math.max(end, 0)))
      })
    })
  }
}

/** What a person reads about it. */
export function sentenceOf({ code, signal }: Exit): string {
  if (signal !== null) return `The sidecar was ended by ${signal}.`
  if (code !== null) return `The sidecar ended with code ${code}.`
  return 'The sidecar could not be started: install Sotto again.'
}

const ENDPOINT = /^(ipc:\/\/\/.+|tcp:\/\/127\.0\.0\.1:\d{1,5})$/
const KEY = /^[0-9a-zA-Z.\-:+=^!/*?&<>()[\]{}@%$#]{40}$/

function addressIn(line: string): Address {
  const said = parsed(line)
  if (isMap(said) && said['ev'] === 'ready') {
    const { endpoint, server_key: serverKey } = said
    if (typeof endpoint === 'string' && typeof serverKey === 'string') {
      if (ENDPOINT.test(endpoint) && KEY.test(serverKey)) return { endpoint, serverKey }
    }
  }
  throw sidecarDown('The sidecar did not say where it can be reached: is it the right program?')
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** Does not keep the process from ending. */
function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
