// A web host with a real sidecar, and pages that speak to it as a browser's would.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { startSidecar, type TestOptions, type TestSidecar } from '../main/sidecar/testing'
import { type Socket, WebBridge } from '../renderer/bridge/web-bridge'
import { makeApi, type SottoApi } from '../shared/api'
import { BRIDGE_PATH } from '../shared/frames'
import type { DictationEvent, DictationId, Push, Pushes } from '../shared/ipc'
import { startWebHost, type WebHost } from './host'

export interface TestHost extends WebHost {
  readonly sidecar: TestSidecar
  /** http://127.0.0.1:PORT */
  readonly origin: string
  readonly token: string
  /** What nobody expected. */
  readonly unexpected: readonly unknown[]
}

export async function startTestHost(options: TestOptions = {}, port = 0): Promise<TestHost> {
  const sidecar = startSidecar({ scripted: true, ...options })
  const unexpected: unknown[] = []
  const host = await startWebHost({
    supervisor: sidecar.supervisor,
    folder: pageIn(sidecar.folder),
    port,
    version: '0.0.0',
    ownFolder: join(sidecar.folder, 'host'),
    unexpected: (...all) => unexpected.push(all),
  })
  const { origin, hash } = new URL(host.link)
  return {
    sidecar,
    origin,
    token: hash.replace('#token=', ''),
    unexpected,
    link: host.link,
    stop: async () => {
      await host.stop()
      await sidecar.stop()
    },
  }
}

/** As much of a built page as HTTP can tell from one. */
export function pageIn(folder: string): string {
  const page = join(folder, 'page')
  mkdirSync(join(page, 'assets'), { recursive: true })
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>Sotto</title>')
  writeFileSync(join(page, 'assets', 'index.js'), 'export {}')
  writeFileSync(join(page, 'notes.txt'), 'of a type that is not served')
  return page
}

export interface TestPage {
  readonly api: SottoApi
  /** What was put on its clipboard. */
  readonly clipboard: readonly string[]
  /** The key it was given. */
  key(): string | null
  /** Resolves with the next push for which `isIt`, from now on. */
  told<P extends Push>(channel: P, isIt?: (payload: Pushes[P]) => boolean): Promise<Pushes[P]>
  /** As when its tab is closed: no goodbye. */
  vanish(): void
}

export interface PageOptions {
  readonly token?: string | null
  readonly key?: string | null
  readonly mayCopy?: boolean
}

export function openPage(origin: string, options: PageOptions = {}): TestPage {
  const { token = null, mayCopy = true } = options
  let key = options.key ?? null
  let socket: WebSocket | undefined
  let isGone = false
  const clipboard: string[] = []
  const bridge = new WebBridge({
    token,
    openSocket: () => {
      if (isGone) return nowhere()
      socket = connect(origin)
      return socket as unknown as Socket
    },
    loadKey: () => key,
    saveKey: (given) => {
      key = given
    },
    writeClipboard: async (text) => {
      if (!mayCopy) throw new Error('Document is not focused.')
      clipboard.push(text)
    },
  })
  const api = makeApi(bridge)
  return {
    api,
    clipboard,
    key: () => key,
    told: (channel, isIt = () => true) =>
      new Promise((resolve) => {
        const off = api.on(channel, (payload) => {
          if (!isIt(payload)) return
          off()
          resolve(payload)
        })
      }),
    vanish: () => {
      isGone = true
      socket?.terminate()
    },
  }
}

/** What a page that is gone opens when it would come again. */
function nowhere(): Socket {
  return { send: () => {}, onopen: null, onmessage: null, onclose: null }
}

/** A WebSocket as the page at `origin` would open it. */
export function connect(
  origin: string,
  headers: Record<string, string> = { Origin: origin },
): WebSocket {
  const socket = new WebSocket(origin.replace('http', 'ws') + BRIDGE_PATH, { headers })
  socket.binaryType = 'arraybuffer'
  socket.on('error', () => {}) // what matters is that and how it closes
  return socket
}

/** Everything that is told of a dictation, up to its end. */
export function followed(
  page: TestPage,
  dictation: DictationId,
): { readonly events: readonly DictationEvent[]; readonly ended: Promise<DictationEvent> } {
  const events: DictationEvent[] = []
  page.api.on('dictation', (told) => {
    if (told.dictation === dictation) events.push(told.event)
  })
  const isEnd = (told: Pushes['dictation']) =>
    told.dictation === dictation && told.event.kind === 'ended'
  return { events, ended: page.told('dictation', isEnd).then(({ event }) => event) }
}

const CHUNK_BYTES = 3200

export function pushAll(page: TestPage, dictation: DictationId, pcm: Uint8Array): void {
  for (let offset = 0; offset < pcm.length; offset += CHUNK_BYTES) {
    page.api.dictation.push(
      dictation,
      new Uint8Array(pcm.subarray(offset, offset + CHUNK_BYTES)).buffer,
    )
  }
}
