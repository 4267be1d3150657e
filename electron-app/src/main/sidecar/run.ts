// One life of the sidecar: a process, and a client to it that is made anew should the link break.

import { setTimeout as delay } from 'node:timers/promises'
import { type ClientName, SidecarClient } from './client'
import { SidecarError, sidecarDown } from './errors'
import type { SidecarLog } from './logs'
import { type ProcessOptions, SidecarProcess, sentenceOf } from './process'
import { withoutSecrets } from './redaction'
import { type Address, type KeyPair, newKeyPair } from './transport'
import { Vitals } from './vitals'

const READY_MS = 30_000 // usually a fifth of a second; a cold disk or a virus scanner takes its time
const DRAIN_MS = 2000
const ASK_MS = DRAIN_MS + 500
const LEAVE_MS = 2000
const CHECK_MS = 500
const RELINK_MS = 250
const RELINK_HINT_MS = 1000

/** Why a life ended; `isFatal` where another would end in the same way. */
export interface End {
  readonly error: SidecarError
  readonly isFatal: boolean
}

export interface RunListeners {
  readonly onClient: (client: SidecarClient) => void
  /** The client is over; the process may still live, and another client come. */
  readonly onNoClient: () => void
  readonly onResponsive: (isResponsive: boolean) => void
}

export class Run {
  /** Resolves once the process is gone. */
  readonly ended: Promise<End>
  readonly #process: SidecarProcess
  readonly #keys: KeyPair
  readonly #name: ClientName
  readonly #log: SidecarLog
  readonly #listeners: RunListeners
  readonly #vitals = new Vitals()
  #client: SidecarClient | undefined
  #heardAtMs = 0
  #isResponsive = true
  #hasExited = false
  #failure: SidecarError | undefined
  #ending: Promise<void> | undefined

  /** Throws where nothing can be started at all. */
  constructor(options: ProcessOptions, name: ClientName, log: SidecarLog, listeners: RunListeners) {
    this.#keys = newKeyPair()
    this.#name = name
    this.#log = log
    this.#listeners = listeners
    this.#process = new SidecarProcess(this.#keys.publicKey, options, log)
    this.ended = this.#live()
  }

  /** Ask it to leave, then insist: within 6 s. */
  end(): Promise<void> {
    this.#ending ??= this.#leave()
    return this.#ending
  }

  /** End it now, without waiting. */
  kill(): void {
    this.#process.kill()
  }

  suspend(): void {
    this.#vitals.suspend()
  }

  resume(): void {
    this.#vitals.resume(performance.now())
  }

  async #live(): Promise<End> {
    const gone = this.#process.exited.then(() => {
      this.#hasExited = true
      this.#dropClient(restarted())
    })
    try {
      const address = await this.#process.ready(READY_MS)
      this.#log.mayHear()
      await Promise.race([this.#stayLinked(address), gone])
    } catch (error) {
      this.#failure = asSidecarError(error)
    }
    await (this.#ending ?? this.#process.end(0))
    return this.#end()
  }

  async #end(): Promise<End> {
    const exit = this.#hasExited ? await this.#process.exited : undefined
    this.#log.note('ended', { code: exit?.code ?? '-', signal: exit?.signal ?? '-' })
    const sentence = exit === undefined ? 'The sidecar does not end.' : sentenceOf(exit)
    const failure = exit?.isFatal === true ? undefined : this.#failure
    const error = failure ?? sidecarDown(sentence)
    return {
      error: error.kind === 'SIDECAR_DOWN' ? sidecarDown(error.message, this.#log.lastSaid) : error,
      isFatal: exit?.isFatal === true || error.kind === 'VERSION',
    }
  }

  /** Settles when the process is gone, or cannot be spoken to. */
  async #stayLinked(address: Address): Promise<void> {
    let client: SidecarClient | undefined = await this.#connect(address)
    const checks = setInterval(() => this.#check(), CHECK_MS)
    try {
      while (client !== undefined) {
        const why = await this.#use(client)
        if (why.kind === 'PARSE') throw why
        client = await this.#relink(address)
      }
    } finally {
      clearInterval(checks)
    }
  }

  #connect(address: Address): Promise<SidecarClient> {
    return SidecarClient.connect(address, this.#keys, this.#name)
  }

  /** Resolves when the link is over. */
  #use(client: SidecarClient): Promise<SidecarError> {
    return new Promise((resolve) => {
      client.on('closed', (why) => {
        this.#heardAtMs = client.heardAtMs
        this.#client = undefined
        this.#listeners.onNoClient()
        resolve(why)
      })
      this.#client = client
      this.#setResponsive(true)
      this.#listeners.onClient(client)
      if (this.#hasExited) client.close(restarted())
    })
  }

  /** A link breaks also where the process was only stopped for a while, or had enough of us. */
  async #relink(address: Address): Promise<SidecarClient | undefined> {
    const hint = setTimeout(() => this.#setResponsive(false), RELINK_HINT_MS)
    try {
      while (!this.#hasExited && this.#ending === undefined) {
        await delay(RELINK_MS)
        const client = await this.#connect(address).catch(fatalOnly)
        if (client !== undefined) return client
      }
      return undefined
    } finally {
      clearTimeout(hint)
    }
  }

  #check(): void {
    const heardAtMs = this.#client?.heardAtMs ?? this.#heardAtMs
    const verdict = this.#vitals.check(performance.now(), heardAtMs)
    if (verdict === 'dead') this.#giveUp()
    else if (verdict === 'unresponsive') this.#setResponsive(false)
    else if (this.#client !== undefined) this.#setResponsive(true)
  }

  #giveUp(): void {
    if (this.#failure !== undefined) return
    this.#log.note('unresponsive-for-too-long')
    this.#failure = sidecarDown('The sidecar did not respond any more.')
    this.#dropClient(restarted())
    void this.#process.end(0)
  }

  #setResponsive(isResponsive: boolean): void {
    if (this.#isResponsive === isResponsive || this.#ending !== undefined) return
    this.#isResponsive = isResponsive
    this.#log.note(isResponsive ? 'responsive' : 'unresponsive')
    this.#listeners.onResponsive(isResponsive)
  }

  #dropClient(why: SidecarError): void {
    this.#client?.close(why)
  }

  async #leave(): Promise<void> {
    const asked = this.#client?.call(
      'sys.shutdown',
      { drain_ms: DRAIN_MS },
      { timeoutMs: DRAIN_MS },
    )
    if (asked !== undefined) {
      const answered = asked.catch(() => undefined)
      await Promise.race([answered, this.#process.exited, delay(ASK_MS, undefined, { ref: false })])
    }
    await this.#process.end(LEAVE_MS)
    this.#dropClient(restarted())
  }
}

function asSidecarError(error: unknown): SidecarError {
  if (error instanceof SidecarError) return error
  return sidecarDown('The sidecar cannot be spoken to.', withoutSecrets(String(error)))
}

/** Errors that trying again would not change go on. */
function fatalOnly(error: unknown): undefined {
  const { kind } = asSidecarError(error)
  if (kind === 'VERSION' || kind === 'UNAUTHORIZED' || kind === 'PARSE') throw error
}

function restarted(): SidecarError {
  return new SidecarError(
    'SIDECAR_RESTARTED',
    'The sidecar ended before it answered: repeat the call once it is back.',
  )
}
