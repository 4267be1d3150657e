// The whole app as a person has it: the built web host, its sidecar, and a browser in front of it.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { wavOf } from '../../src/main/pcm'
import type { SottoApi } from '../../src/shared/api'
import type { PreferencesPatch } from '../../src/shared/protocol'
import { CHROMIUM } from './checkout'
import { type Host, type HostOptions, HostProcess } from './host'
import { oneSentence } from './sound'

/** In the page. */
declare const window: { readonly sotto: SottoApi }

export interface AppOptions extends HostOptions {
  /** What the microphone plays. */
  readonly sound?: Uint8Array
  readonly preferences?: PreferencesPatch
  /** Runs in each page before its own code, at the border to the browser. */
  readonly initScript?: () => void
  readonly browserArgs?: readonly string[]
  /** Another host in place of the process. */
  readonly makeHost?: (folder: string) => Host
}

const PERMISSIONS = ['microphone', 'clipboard-read', 'clipboard-write']

/** What Chromium writes itself when a host is killed that a page speaks to. */
const HOST_AWAY = /WebSocket connection to .* failed/

export class App {
  /** Its private folder: `data` in there is the sidecar's. */
  readonly folder = mkdtempSync(join(tmpdir(), 'sotto-e2e-'))
  readonly #options: AppOptions
  #host: Host | null = null
  #browser: Browser | null = null
  #context: BrowserContext | null = null
  #origin = ''
  #problems: string[] = []

  constructor(options: AppOptions = {}) {
    this.#options = options
  }

  get dataDir(): string {
    return join(this.folder, 'data')
  }

  get host(): HostProcess {
    if (this.#host instanceof HostProcess) return this.#host
    throw new Error('the host of this app is no process')
  }

  get context(): BrowserContext {
    return there(this.#context)
  }

  /** Starts all of it; a page is admitted, and the preferences are set. */
  async start(): Promise<void> {
    const sound = join(this.folder, 'microphone.wav')
    writeFileSync(sound, wavOf(this.#options.sound ?? oneSentence()))
    this.#browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--deny-permission-prompts',
        '--use-fake-device-for-media-stream',
        `--use-file-for-fake-audio-capture=${sound}`,
        ...(this.#options.browserArgs ?? []),
      ],
    })
    this.#context = await this.#browser.newContext({
      locale: 'en-US',
      timezoneId: 'UTC',
      viewport: { width: 1000, height: 720 },
      acceptDownloads: true,
      permissions: PERMISSIONS,
    })
    this.#context.setDefaultTimeout(30_000)
    if (this.#options.initScript) await this.#context.addInitScript(this.#options.initScript)
    this.#context.on('page', (page) => this.#watch(page))
    await this.startHost()
    const page = await this.open()
    await this.set(page, { onboarded: true, ...this.#options.preferences })
    await page.close()
  }

  /** Another host over the same data, say after a crash; the browser is admitted anew. */
  async startHost(): Promise<void> {
    const { makeHost = (folder) => new HostProcess(folder, this.#options) } = this.#options
    this.#host = makeHost(this.folder)
    const link = await this.#host.link()
    this.#origin = link.origin
    const page = await this.context.newPage()
    await page.goto(link.href)
    await page.evaluate(() => window.sotto.config.get()) // answered once it is admitted
    await page.close()
  }

  /** A new tab. */
  async open(hash = ''): Promise<Page> {
    const page = await this.context.newPage()
    await page.goto(`${this.#origin}/${hash}`)
    return page
  }

  async set(page: Page, changes: PreferencesPatch): Promise<void> {
    await page.evaluate((patch) => window.sotto.config.set(patch), changes)
  }

  /** Whatever this context was refused before. */
  async allow(): Promise<void> {
    await this.context.grantPermissions(PERMISSIONS)
  }

  /** What went wrong in pages and host, where nothing was to; what is told is forgotten. */
  takeProblems(): readonly string[] {
    const problems = [...this.#problems, this.#host?.complaints ?? ''].filter(Boolean)
    this.#problems = []
    return problems
  }

  async closePages(): Promise<void> {
    await Promise.all(this.context.pages().map((page) => page.close()))
  }

  async stop(): Promise<void> {
    await this.#browser?.close()
    await this.#host?.stop()
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 })
  }

  #watch(page: Page): void {
    page.on('pageerror', (error) => this.#problems.push(String(error)))
    page.on('console', (message) => {
      if (message.type() !== 'error' || HOST_AWAY.test(message.text())) return
      this.#problems.push(message.text())
    })
  }
}

function there<T>(value: T | null): T {
  if (value === null) throw new Error('start the app first')
  return value
}
