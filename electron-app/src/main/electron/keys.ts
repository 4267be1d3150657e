// Global hotkeys, through Electron.

import { app, globalShortcut, powerMonitor } from 'electron'
import type { GlobalKeys, Hotkeys } from '../hotkeys/hotkeys'

/** Electron tells of presses alone. */
export const systemKeys: GlobalKeys = {
  hasRelease: false,

  register(accelerator, pressed) {
    try {
      return globalShortcut.register(accelerator, pressed)
    } catch {
      return false // a key that this system's keyboards do not have
    }
  },

  unregister(accelerator) {
    globalShortcut.unregister(accelerator)
  },
}

/** Before the app is ready: on Wayland only the desktop's portal gives global hotkeys. */
export function permitKeysOnWayland(): void {
  if (process.platform === 'linux' && process.env['WAYLAND_DISPLAY']) {
    app.commandLine.appendSwitch('enable-features', 'GlobalShortcutsPortal')
  }
}

/** Once the app is ready. */
export function renewAfterSleep(hotkeys: Hotkeys): void {
  powerMonitor.on('resume', () => hotkeys.renew())
  powerMonitor.on('unlock-screen', () => hotkeys.renew())
}
