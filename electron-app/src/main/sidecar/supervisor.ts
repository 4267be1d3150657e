// Owns the sidecar: starts it, watches it, starts it again, and ends it for sure.

import type { AppError, SidecarStatus } from '../../shared/ipc'
import { Backoff } from './backoff'
import type { ClientName, SidecarClient } from './client'
import type { Environment } from './environment'
import { SidecarError, sidecarDown } from './errors'
import { Listeners } from './listeners'
import { SidecarLog } from './logs'
import type { Program, SidecarSettings } from './process'
import { withoutSecrets } from './redaction'
import { type End, Run } from './run'

export interface SupervisorOptions {
  /** Which program; asked at every start. Throws a SidecarError where there is none. */
  readonly locate: () => Program
  /** Where its log goes. */
  readonly logDir: string
  readonly client: ClientName
  readonly settings?: SidecarSettings
  /** For the sidecar, beside what it needs of our own environment. */
  readonly extraEnv?: Environment
}

interface Waiter {
  readonly resolve: (client: SidecarClient) => void
  readonly reject: (why: SidecarError) => void
}

export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #log: SidecarLog
  readonly #backoff = new Backoff(() => performance.now(), Math.random)
  readonly #statuses = new Listeners<SidecarStatus>()
  readonly #clients = new Listeners<SidecarClient>()
  #status: SidecarStatus = { state: 'stopped' }
  #run: Run | undefined
  #client: SidecarClient | undefined
  #waiters: Waiter[] = []
  #retry: NodeJS.Timeout | undefined
  /** What follows when the run that is being ended has ended. */
  #then: 'stop' | 'start' | undefined

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#log = new SidecarLog(options.logDir)
  }

  get status(): SidecarStatus {
    return this.#status
  }

  /** Told of every change. Returns what ends it. */
  onStatus(listener: (status: SidecarStatus) => void): () => void {
    return this.#statuses.add(listener)
  }

  /**
   * Told of every new client, also of one to the same run (compare `hello.epoch`) after a broken
   * connection. Returns what ends it.
   */
  onClient(listener: (client: SidecarClient) => void): () => void {
    return this.#clients.add(listener)
  }

  /** Waits until there is one. Rejects with SIDECAR_DOWN when the sidecar failed or was stopped. */
  client(): Promise<SidecarClient> {
    if (this.#client !== undefined) return Promise.resolve(this.#client)
    const why = this.#whyNone()
    if (why !== undefined) return Promise.reject(why)
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }))
  }

  /** Begin. Harmless while it runs. */
  start(): void {
    if (this.#status.state === 'stopped' || this.#status.state === 'failed') this.restart()
  }

  /** End the sidecar if there is one, forget earlier crashes, and start over. */
  restart(): void {
    this.#backoff.forget()
    clearTimeout(this.#retry)
    if (this.#run === undefined) {
      this.#set({ state: 'starting' })
      this.#begin()
      return
    }
    this.#then = 'start'
    this.#set({ state: 'stopping' })
    void this.#run.end()
  }

  /** End it, more and more firmly: within 6 s. */
  async stop(): Promise<void> {
    clearTimeout(this.#retry)
    const run = this.#run
    if (run === undefined) {
      this.#set({ state: 'stopped' })
      return
    }
    this.#then = 'stop'
    this.#set({ state: 'stopping' })
    await run.end()
    await run.ended
  }

  /** End it now, without waiting: for when this process is about to exit. */
  kill(): void {
    clearTimeout(this.#retry)
    this.#then = 'stop'
    this.#run?.kill()
  }

  /** The machine goes to sleep: silence means nothing from now on. */
  suspend(): void {
    this.#run?.suspend()
  }

  /** It is awake: the sidecar gets a moment to come to itself. */
  resume(): void {
    this.#run?.resume()
  }

  /** The last lines of its log, without texts, keys and paths. */
  logTail(): readonly string[] {
    return this.#log.tail()
  }

  #begin(): void {
    this.#then = undefined
    try {
      const run = this.#newRun()
      this.#run = run
      void run.ended.then((end) => this.#onEnd(end))
    } catch (error) {
      this.#fail(error instanceof SidecarError ? error : cannotStart(error))
    }
  }

  #newRun(): Run {
    const { locate, logDir, client, settings = {}, extraEnv = {} } = this.#options
    const folder = settings.data_dir ?? logDir
    const process = { program: locate(), settings, folder, extraEnv }
    return new Run(process, client, this.#log, {
      onClient: (made) => this.#onClient(made),
      onNoClient: () => {
        this.#client = undefined
      },
      onResponsive: (isResponsive) => this.#set({ state: isResponsive ? 'ready' : 'unresponsive' }),
    })
  }

  #onClient(client: SidecarClient): void {
    if (this.#then !== undefined) return // it is being ended
    this.#client = client
    this.#backoff.ready()
    this.#set({ state: 'ready' })
    for (const { resolve } of this.#waiters.splice(0)) resolve(client)
    this.#clients.tell(client)
  }

  #onEnd({ error, isFatal }: End): void {
    this.#run = undefined
    if (this.#then === 'start') this.restart()
    else if (this.#then === 'stop') this.#set({ state: 'stopped' })
    else if (isFatal) this.#fail(error)
    else this.#tryAgain(error)
  }

  #tryAgain(error: SidecarError): void {
    const retry = this.#backoff.crashed()
    if (retry === null) {
      this.#fail(sidecarDown(`The sidecar ends again and again. ${error.message}`, error.detail))
      return
    }
    const { attempt, delayMs } = retry
    this.#set({ state: 'restarting', attempt, retryInMs: delayMs })
    this.#retry = setTimeout(() => {
      this.#set({ state: 'restarting', attempt, retryInMs: 0 })
      this.#begin()
    }, delayMs)
  }

  #fail(error: SidecarError): void {
    this.#log.note('failed', { kind: error.kind })
    this.#set({ state: 'failed', error: appError(error) })
  }

  #set(status: SidecarStatus): void {
    if (status.state === this.#status.state && status.state !== 'restarting') return
    this.#status = status
    const why = this.#whyNone()
    if (why !== undefined) for (const { reject } of this.#waiters.splice(0)) reject(why)
    this.#statuses.tell(status)
  }

  #whyNone(): SidecarError | undefined {
    const { state } = this.#status
    if (state === 'failed') {
      const { kind, message, ...facts } = this.#status.error
      return kind === 'SIDECAR_DOWN' ? sidecarDown(message, facts.detail) : sidecarDown(message)
    }
    if (state !== 'stopped' && !(state === 'stopping' && this.#then === 'stop')) return undefined
    return sidecarDown('The sidecar was stopped: start it again.')
  }
}

function cannotStart(error: unknown): SidecarError {
  return sidecarDown('The sidecar cannot be started.', withoutSecrets(String(error)))
}

/** What a page is told: the error without its stack. */
function appError({ kind, message, retryable, detail }: SidecarError): AppError {
  return { kind, message, retryable, ...(detail !== undefined && { detail }) }
}
