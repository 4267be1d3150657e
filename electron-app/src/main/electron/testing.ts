// As much of Electron as the desktop app uses, and what it was asked to do. Its binary is not
// needed to see that our thin files put the right things together.

import { EventEmitter } from 'node:events'
import type { WebPreferences } from 'electron'

type Handle = (event: unknown, ...args: unknown[]) => unknown

/** The frame that a call comes from. */
export interface FakeFrame {
  readonly origin: string
  readonly parent: object | null
}

export class FakePage extends EventEmitter {
  readonly sent: unknown[][] = []
  openHandler: ((details: { url: string }) => { action: string }) | undefined

  send(...message: unknown[]): void {
    this.sent.push(structuredClone(message))
    this.emit('told', ...message)
  }
  setWindowOpenHandler(handler: typeof this.openHandler): void {
    this.openHandler = handler
  }
}

interface WindowOptions {
  readonly webPreferences: WebPreferences
  readonly [name: string]: unknown
}

export class FakeWindow extends EventEmitter {
  readonly webContents = new FakePage()
  url = ''
  readonly calls: string[] = []

  constructor(readonly options: WindowOptions) {
    super()
    fake.windows.push(this)
    fake.app.emit('web-contents-created', {}, this.webContents)
  }
  async loadURL(url: string): Promise<void> {
    this.url = url
    this.webContents.emit('did-navigate')
    this.emit('ready-to-show')
  }
  isDestroyed(): boolean {
    return false
  }
  show(): void {
    this.calls.push('show')
  }
  showInactive(): void {
    this.calls.push('showInactive')
  }
  hide(): void {
    this.calls.push('hide')
  }
  reload(): void {
    this.webContents.emit('did-navigate')
    this.calls.push('reload')
  }
  focus(): void {
    this.calls.push('focus')
  }
  removeMenu(): void {}
  setPosition(): void {}
  setAlwaysOnTop(): void {}
  setVisibleOnAllWorkspaces(): void {}
}

class FakeApp extends EventEmitter {
  readonly calls: string[] = []
  readonly isPackaged = false
  readonly commandLine = { appendSwitch: () => {} }
  isOnlyInstance = true
  paths: Readonly<Record<string, string>> = {}
  readonly #ready = new Promise<void>((resolve) => this.once('ready', resolve))

  whenReady(): Promise<void> {
    return this.#ready
  }
  enableSandbox(): void {
    this.calls.push('enableSandbox')
  }
  requestSingleInstanceLock(): boolean {
    return this.isOnlyInstance
  }
  quit(): void {
    this.calls.push('quit')
  }
  exit(code: number): void {
    this.calls.push(`exit ${code}`)
    this.emit('exited')
  }
  getPath(name: string): string {
    return this.paths[name] ?? ''
  }
  getAppPath(): string {
    return '/app'
  }
  getVersion(): string {
    return '0.0.0'
  }
  getLocale(): string {
    return 'en-GB'
  }
}

class FakeTray extends EventEmitter {
  setImage(): void {}
  setToolTip(): void {}
  setContextMenu(): void {}
}

type Permit = (page: unknown, permission: string, ...rest: unknown[]) => unknown

const image = { isEmpty: () => true, toPNG: () => new Uint8Array(), setTemplateImage: () => {} }

export const fake = {
  windows: [] as FakeWindow[],
  app: new FakeApp(),
  handlers: new Map<string, Handle>(),
  hotkeys: new Map<string, () => void>(),
  /** Another program has it. */
  takenHotkey: '',
  schemes: [] as unknown[],
  servePage: undefined as ((request: Request) => Promise<Response>) | undefined,
  permissions: new Map<'request' | 'check', Permit>(),
  clipboardText: '',
}

const ipcMain = Object.assign(new EventEmitter(), {
  handle: (channel: string, handle: Handle) => fake.handlers.set(channel, handle),
})

/** What `require('electron')` gives. */
export const electron = {
  app: fake.app,
  BrowserWindow: FakeWindow,
  Tray: FakeTray,
  ipcMain,
  powerMonitor: new EventEmitter(),
  dialog: { showErrorBox: () => {}, showOpenDialog: async () => ({ filePaths: ['/picked'] }) },
  Menu: { buildFromTemplate: (template: unknown) => template },
  nativeImage: { createFromPath: () => image, createFromBuffer: () => image },
  screen: {
    getCursorScreenPoint: () => ({ x: 0, y: 0 }),
    getDisplayNearestPoint: () => ({ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }),
  },
  globalShortcut: {
    register: (accelerator: string, pressed: () => void) => {
      if (accelerator === fake.takenHotkey) return false
      fake.hotkeys.set(accelerator, pressed)
      return true
    },
    unregister: (accelerator: string) => fake.hotkeys.delete(accelerator),
  },
  systemPreferences: { isTrustedAccessibilityClient: () => false },
  safeStorage: {
    isEncryptionAvailable: () => true,
    getSelectedStorageBackend: () => 'gnome_libsecret',
    encryptString: (text: string) => Buffer.from(text).reverse(),
    decryptString: (bytes: Buffer) => Buffer.from(bytes).reverse().toString(),
  },
  clipboard: {
    readText: () => fake.clipboardText,
    readHTML: () => '',
    readRTF: () => '',
    readImage: () => image,
    availableFormats: () => ['text/plain'],
    clear: () => {},
    write: ({ text = '' }) => {
      fake.clipboardText = text
    },
  },
  protocol: {
    registerSchemesAsPrivileged: (schemes: unknown[]) => fake.schemes.push(...schemes),
    handle: (_scheme: string, serve: (request: Request) => Promise<Response>) => {
      fake.servePage = serve
    },
  },
  session: {
    defaultSession: {
      setPermissionRequestHandler: (permit: Permit) => fake.permissions.set('request', permit),
      setPermissionCheckHandler: (permit: Permit) => fake.permissions.set('check', permit),
      setDevicePermissionHandler: () => {},
    },
  },
}

/** Electron as a preload of `page` sees it; what it exposes lands in `exposed`. */
export function preloadOf(page: FakePage, frame: FakeFrame) {
  const exposed: Record<string, unknown> = {}
  const event = { sender: page, senderFrame: frame }
  const ipcRenderer = Object.assign(new EventEmitter(), {
    invoke: async (channel: string, ...args: unknown[]) => {
      const answer = await fake.handlers.get(channel)?.(event, ...structuredClone(args))
      return structuredClone(answer)
    },
    send: (channel: string, ...args: unknown[]) =>
      ipcMain.emit(channel, event, ...structuredClone(args)),
  })
  page.on('told', (channel: string, ...told: unknown[]) => ipcRenderer.emit(channel, {}, ...told))
  const contextBridge = {
    exposeInMainWorld: (name: string, value: unknown) => {
      exposed[name] = value
    },
  }
  return { electron: { contextBridge, ipcRenderer }, exposed }
}
