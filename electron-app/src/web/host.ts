// The web host: the app, with browsers as its windows.

import { join } from 'node:path'
import { App } from '../main/app'
import { requireAccelerator } from '../main/hotkeys/hotkeys'
import { Inserter } from '../main/insertion/inserter'
import { noPasteTool } from '../main/insertion/paste-tool'
import type { Unexpected } from '../main/ipc/answer'
import type { Hotkeys, Surfaces } from '../main/ipc/services'
import { Secrets } from '../main/secrets/secrets'
import type { Supervisor } from '../main/sidecar/supervisor'
import type { HostInfo } from '../shared/ipc'
import { Admission } from './admission'
import { PageClipboard } from './page-clipboard'
import { Pages } from './pages'
import { serve } from './server'

export interface WebHostOptions {
  readonly supervisor: Supervisor
  /** The built page. */
  readonly folder: string
  /** 0: any that is free. */
  readonly port: number
  readonly version: string
  /** A private folder of the host's own. */
  readonly ownFolder: string
  readonly unexpected: Unexpected
}

export interface WebHost {
  /** Good for one browser, once. */
  readonly link: string
  /** Everything ends in order: pages, dictations, the sidecar. */
  stop(): Promise<void>
}

/** Rejects where the port is taken or the page was not built; then no sidecar was started. */
export async function startWebHost(options: WebHostOptions): Promise<WebHost> {
  const { supervisor, unexpected } = options
  const pages = new Pages()
  const admission = new Admission()
  const app = new App(supervisor, {
    info: () => infoOf(options.version),
    inserter: inserterFor(pages),
    secrets: new Secrets({ vault: null, file: '' }),
    hotkeys: pageHotkeys,
    surfaces: surfacesOf(pages),
    pickFolder: () => Promise.resolve(null),
    tell: (channel, payload) => pages.tell(channel, payload),
    rescueFolder: join(options.ownFolder, 'rescue'),
    unexpected,
  })
  const server = await serve(options.folder, options.port, pages, {
    admission,
    handlers: app.handlers,
    pushAudio: (dictation, pcm) => app.pushAudio(dictation, pcm),
    unexpected,
    greet: (page) => page.tell('sidecar:status', supervisor.status),
  })
  app.start()
  return {
    link: `http://127.0.0.1:${server.port}/#token=${admission.token}`,
    stop: async () => {
      await server.close()
      await app.stop()
    },
  }
}

function infoOf(version: string): HostInfo {
  return {
    host: 'web',
    version,
    platform: process.platform,
    can: { paste: false, hotkey: false, hold: false, secrets: 'session', pickFolder: false },
  }
}

function inserterFor(pages: Pages): Inserter {
  return new Inserter({
    clipboard: new PageClipboard(pages),
    pasteTool: noPasteTool,
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  })
}

/** Pages hear keys by themselves, while they are in front: no other program has one then. */
const pageHotkeys: Hotkeys = {
  use: (text) => {
    if (text.trim() !== '') requireAccelerator(text)
  },
  follow: () => {},
  isFree: (text) => requireAccelerator(text) !== '',
  pause: () => {},
  resume: () => {},
  works: true,
}

/** Pages show what they are asked to; there is no pill. */
function surfacesOf(pages: Pages): Surfaces {
  return { show: (surface) => pages.tell('surface:show', surface), hidePill: () => {} }
}

/** Where the build puts the page, seen from the built host. */
export function builtPage(): string {
  return join(import.meta.dirname, '..', 'renderer')
}
