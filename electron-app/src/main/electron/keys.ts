// Global hotkeys, through Electron.

import { app, globalShortcut, powerMonitor, systemPreferences } from 'electron'
import type { GlobalKeys, Hotkeys } from '../hotkeys/hotkeys'
import { SystemKeyRelease } from '../hotkeys/key-release'
import { runWith } from '../insertion/run'

export const systemKeys: GlobalKeys = {
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

export const systemRelease = new SystemKeyRelease({
  platform: process.platform,
  env: process.env,
  run: runWith(process.env),
  isTrusted: () =>
    process.platform !== 'darwin' || systemPreferences.isTrustedAccessibilityClient(false),
})

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
