// The main panel, and the pill that shows a dictation above all windows without taking the focus.

import { join } from 'node:path'
import { BrowserWindow, screen, type WebContents, type WebPreferences } from 'electron'
import type { Push, Pushes, Surface } from '../../shared/ipc'
import type { Surfaces } from '../ipc/services'
import { ORIGIN, PUSH } from './channels'

const PANEL = { width: 960, height: 680, minWidth: 420, minHeight: 480 }
const PILL = { width: 420, height: 96 }
const PILL_MARGIN = 24
/** One that crashes again and again leaves the machine usable. */
const RELOAD_AFTER_MS = 1000

const WEB_PREFERENCES: WebPreferences = {
  preload: join(import.meta.dirname, '../preload/index.cjs'),
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  webSecurity: true,
  webviewTag: false,
  spellcheck: false,
}

export class Windows implements Surfaces {
  #panel: BrowserWindow | null = null
  #pill: BrowserWindow | null = null
  #isQuitting = false

  /** Once pages are served. The pill is made now: a hotkey must not wait for a page to load. */
  open(): void {
    this.#pill ??= makePill()
    this.show('record')
  }

  /** Before `open` nothing can be shown; that shows the panel. */
  show(surface: Surface): void {
    if (this.#pill === null) return
    if (this.#panel === null) {
      this.#panel = this.#makePanel(surface)
      return
    }
    send(this.#panel.webContents, 'surface:show', surface)
    this.#panel.show()
    this.#panel.focus()
  }

  /** Above all windows of the screen where the pointer is; the focus stays where it was. */
  showPill(): void {
    const { workArea } = screen.getDisplayNearestPoint(screen.getCursorScreenPoint())
    this.#pill?.setPosition(
      Math.round(workArea.x + (workArea.width - PILL.width) / 2),
      workArea.y + workArea.height - PILL.height - PILL_MARGIN,
    )
    this.#pill?.showInactive()
  }

  hidePill(): void {
    this.#pill?.hide()
  }

  tell<P extends Push>(channel: P, payload: Pushes[P]): void {
    for (const window of [this.#panel, this.#pill]) {
      if (window !== null && !window.isDestroyed()) send(window.webContents, channel, payload)
    }
  }

  /** From now on closing a window closes it. */
  quit(): void {
    this.#isQuitting = true
  }

  /** Closing it leaves the app in the tray; a dictation may go on. */
  #makePanel(surface: Surface): BrowserWindow {
    const panel = new BrowserWindow({ ...PANEL, show: false, webPreferences: WEB_PREFERENCES })
    panel.removeMenu()
    panel.once('ready-to-show', () => panel.show())
    panel.on('close', (event) => {
      if (this.#isQuitting) return
      event.preventDefault()
      panel.hide()
    })
    panel.on('closed', () => {
      this.#panel = null
    })
    load(panel, `/index.html#/${surface}`)
    return panel
  }
}

function makePill(): BrowserWindow {
  const pill = new BrowserWindow({
    ...PILL,
    show: false,
    frame: false,
    transparent: true,
    hasShadow: false,
    resizable: false,
    movable: true,
    focusable: false,
    skipTaskbar: true,
    alwaysOnTop: true,
    webPreferences: { ...WEB_PREFERENCES, backgroundThrottling: false },
  })
  pill.setAlwaysOnTop(true, 'screen-saver')
  pill.setVisibleOnAllWorkspaces(true, { visibleOnFullScreen: true })
  load(pill, '/index.html?surface=pill')
  return pill
}

/** A page of ours stays where it is, and opens nothing. */
export function confine(page: WebContents): void {
  page.on('will-navigate', (event) => event.preventDefault())
  page.on('will-redirect', (event) => event.preventDefault())
  page.on('will-attach-webview', (event) => event.preventDefault())
  page.setWindowOpenHandler(() => ({ action: 'deny' }))
}

/** A page that crashed comes again; its dictation is among the interrupted recordings. */
function load(window: BrowserWindow, address: string): void {
  window.webContents.on('render-process-gone', () => {
    setTimeout(() => {
      if (!window.isDestroyed()) window.reload()
    }, RELOAD_AFTER_MS)
  })
  // A page that cannot be loaded shows Chromium's own error.
  window.loadURL(`${ORIGIN}${address}`).catch(() => {})
}

function send<P extends Push>(page: WebContents, channel: P, payload: Pushes[P]): void {
  page.send(PUSH, channel, payload)
}
