// The desktop app: Electron's parts, put together with ours.

import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { app, BrowserWindow, dialog, powerMonitor, session } from 'electron'
import type { HostInfo } from '../../shared/ipc'
import { App } from '../app'
import { Hotkeys } from '../hotkeys/hotkeys'
import { Inserter } from '../insertion/inserter'
import { elsewhere } from '../insertion/paste-tool'
import { pasteToolOf } from '../insertion/platform'
import { runWith } from '../insertion/run'
import { Secrets } from '../secrets/secrets'
import { locateSidecar } from '../sidecar/locate'
import { Supervisor } from '../sidecar/supervisor'
import { TrayModel } from '../tray/tray-model'
import { systemClipboard } from './clipboard'
import { serveCalls } from './handle'
import { permitKeysOnWayland, renewAfterSleep, systemKeys, systemRelease } from './keys'
import { limitPermissions, registerScheme, servePages } from './page-protocol'
import { quitInOrder } from './quit'
import { systemVault } from './secrets'
import { isOnlyInstance } from './single-instance'
import { showTray } from './tray'
import { act, refreshEngines, tellTray } from './tray-state'
import { confine, Windows } from './windows'

const EXIT_FAILED = 1

function main(): void {
  const windows = new Windows()
  registerScheme()
  permitKeysOnWayland()
  app.enableSandbox()
  if (!isOnlyInstance(() => windows.show('record'))) {
    app.quit()
    return
  }
  app.on('web-contents-created', (_event, page) => confine(page))
  app.on('window-all-closed', () => {}) // it lives in the tray
  app.on('activate', () => windows.show('record'))
  app
    .whenReady()
    .then(() => start(windows))
    .catch(giveUp)
}

async function start(windows: Windows): Promise<void> {
  await servePages(join(import.meta.dirname, '../renderer'))
  limitPermissions(session.defaultSession)
  const supervisor = makeSupervisor()
  const tray = new TrayModel()
  const secrets = new Secrets({
    vault: systemVault,
    file: join(app.getPath('userData'), 'llm-key'),
  })
  const secretsAt = await secrets.where()
  const hotkeys = hotkeysFor(windows, (canHold) => infoOf(secretsAt, canHold))
  const desktop = new App(supervisor, {
    info: () => infoOf(secretsAt, hotkeys.canHold),
    inserter: makeInserter(),
    secrets,
    hotkeys,
    surfaces: windows,
    pickFolder,
    rescueFolder: join(app.getPath('userData'), 'rescue'),
    unexpected,
    tell: (channel, payload) => {
      windows.tell(channel, payload)
      tellTray(tray, channel, payload)
    },
  })
  serveCalls({
    handlers: desktop.handlers,
    pushAudio: (dictation, pcm) => desktop.pushAudio(dictation, pcm),
    unexpected,
  })
  desktop.preferences.onChange(({ hotkey, activation }) => {
    hotkeys.follow(hotkey)
    hotkeys.hold(activation === 'hold')
  })
  renewAfterSleep(hotkeys)
  followPower(supervisor)
  followEngines(tray, supervisor, desktop)
  quitInOrder(
    async () => {
      windows.quit()
      hotkeys.close()
      await desktop.stop()
    },
    () => supervisor.kill(),
  )
  desktop.start()
  windows.open()
  // Kept for as long as the app runs, by the listeners of its model.
  showTray(tray, join(app.getAppPath(), 'icons/tray'), (action) => {
    act(action, desktop, windows).catch((error: unknown) => unexpected('-', action.do, error))
  })
}

function makeSupervisor(): Supervisor {
  const resourcesPath = app.isPackaged ? process.resourcesPath : undefined
  return new Supervisor({
    locate: () => locateSidecar({ env: process.env, resourcesPath, from: import.meta.dirname }),
    logDir: app.getPath('logs'),
    client: { name: 'sotto-desktop', version: app.getVersion() },
  })
}

function makeInserter(): Inserter {
  return new Inserter({
    clipboard: systemClipboard,
    pasteTool: elsewhere(
      pasteToolOf(process.platform, process.env, runWith(process.env)),
      () => BrowserWindow.getFocusedWindow() !== null,
    ),
    wait,
  })
}

function hotkeysFor(windows: Windows, infoFor: (canHold: boolean) => HostInfo): Hotkeys {
  return new Hotkeys(systemKeys, systemRelease, {
    pressed: () => {
      windows.showPill()
      windows.tell('hotkey:pressed', undefined)
    },
    released: () => windows.tell('hotkey:released', undefined),
    changed: (works) => windows.tell('hotkey:works', works),
    holdChanged: (canHold) => windows.tell('host:info', infoFor(canHold)),
  })
}

function infoOf(secrets: 'encrypted' | 'session', hold: boolean): HostInfo {
  return {
    host: 'electron',
    version: app.getVersion(),
    platform: process.platform,
    can: { paste: true, hotkey: true, hold, secrets, pickFolder: true },
  }
}

async function pickFolder(): Promise<string | null> {
  const { filePaths } = await dialog.showOpenDialog({ properties: ['openDirectory'] })
  return filePaths[0] ?? null
}

function followPower(supervisor: Supervisor): void {
  powerMonitor.on('suspend', () => supervisor.suspend())
  powerMonitor.on('resume', () => supervisor.resume())
}

/** Engines come with the sidecar and change with its models. */
function followEngines(tray: TrayModel, supervisor: Supervisor, desktop: App): void {
  supervisor.onClient((client) => {
    void refreshEngines(tray, desktop)
    client.on('state', () => void refreshEngines(tray, desktop))
  })
  desktop.preferences.onChange(() => void refreshEngines(tray, desktop))
}

function unexpected(id: string, doing: string, error: unknown): void {
  const stack = error instanceof Error ? error.stack : String(error)
  process.stderr.write(`${JSON.stringify({ level: 'error', id, doing, stack })}\n`)
}

function giveUp(error: unknown): void {
  unexpected('-', 'start', error)
  dialog.showErrorBox('Sotto could not start', error instanceof Error ? error.message : '')
  app.exit(EXIT_FAILED)
}

main()
