// The web host in this process, where what the sidecar tells can be timed as it arrives.

import { join } from 'node:path'
import { locateSidecar } from '../../src/main/sidecar/locate'
import { Supervisor } from '../../src/main/sidecar/supervisor'
import { startWebHost, type WebHost } from '../../src/web/host'
import { BUILD, CHECKOUT } from '../e2e/checkout'
import type { Host } from '../e2e/host'

export class WatchedHost implements Host {
  readonly #supervisor: Supervisor
  readonly #host: Promise<WebHost>
  readonly #complaints: string[] = []
  #texts: { text: string; at: number }[] = []
  #committed = ''
  #closingMs = 0

  /** @param folder - a private one. */
  constructor(folder: string) {
    this.#supervisor = new Supervisor({
      locate: () => locateSidecar({ env: {}, resourcesPath: undefined, from: CHECKOUT }),
      logDir: join(folder, 'log'),
      client: { name: 'sotto-bench', version: '0' },
      settings: {
        data_dir: join(folder, 'data'),
        runtime_dir: join(folder, 'run'),
        engine: 'scripted',
      },
      extraEnv: { PYTHONPATH: join(CHECKOUT, 'tests', 'data', 'engines') },
    })
    this.#watch()
    this.#host = startWebHost({
      supervisor: this.#supervisor,
      folder: join(BUILD, 'renderer'),
      port: 0,
      version: '0.0.0',
      ownFolder: join(folder, 'host'),
      unexpected: (...all) => this.#complaints.push(String(all)),
    })
  }

  /** The text as a whole with each partial and commit, and when it came; Unix time in ms. */
  get texts(): readonly { readonly text: string; readonly at: number }[] {
    return this.#texts
  }

  /** How long the sidecar took from being told of the end to its final text. */
  get closingMs(): number {
    return this.#closingMs
  }

  get complaints(): string {
    return this.#complaints.join('\n')
  }

  forget(): void {
    this.#texts = []
    this.#committed = ''
  }

  async link(): Promise<URL> {
    return new URL((await this.#host).link)
  }

  async stop(): Promise<void> {
    await (await this.#host).stop()
  }

  #watch(): void {
    this.#supervisor.onClient((client) => {
      client.on('stream-event', ({ event }) => {
        if (event.t === 'partial') this.#note(this.#committed + event.text)
        if (event.t === 'commit') {
          this.#committed += event.text
          this.#note(this.#committed)
        }
      })
      const { call } = client
      client.call = async (method, ...rest) => {
        const begunAt = now()
        const answer = await call.call(client, method, ...rest)
        if (method === 'asr.stream.close') this.#closingMs = now() - begunAt
        return answer as never
      }
    })
  }

  #note(text: string): void {
    this.#texts.push({ text, at: now() })
  }
}

function now(): number {
  return performance.timeOrigin + performance.now()
}
