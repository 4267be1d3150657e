// What the tray shows, kept in step with the app; and what its menu does.

import { app } from 'electron'
import type { Push, Pushes } from '../../shared/ipc'
import type { EngineInfo, Preferences } from '../../shared/protocol'
import type { App } from '../app'
import type { TrayModel } from '../tray/tray-model'
import type { TrayAction } from '../tray/view'
import type { Windows } from './windows'

/** What every page is told, the tray is told too. */
export function tellTray<P extends Push>(tray: TrayModel, channel: P, payload: Pushes[P]): void {
  const told = { channel, payload } as Told
  switch (told.channel) {
    case 'sidecar:status':
      tray.update({ sidecar: told.payload })
      break
    case 'dictation':
      tray.hear(told.payload.dictation, told.payload.event)
      break
    case 'private:changed':
      tray.update({ isPrivate: told.payload })
      break
    case 'config:changed':
      tray.update(chosenBy(told.payload))
      break
  }
}

/** Ask which engines there are. What cannot be asked now is asked at the next change. */
export async function refreshEngines(tray: TrayModel, { handlers }: App): Promise<void> {
  try {
    const { engines, defaultEngine } = await handlers['engines:list']()
    const chosen = tray.state.engine === '' ? defaultEngine : tray.state.engine
    const languages = engines.find(({ id }) => id === chosen)?.caps?.languages ?? []
    tray.update({ engines: engines.map(({ id }: EngineInfo) => id), languages })
  } catch {
    // The sidecar left meanwhile.
  }
}

export async function act(action: TrayAction, desktop: App, windows: Windows): Promise<void> {
  switch (action.do) {
    case 'dictate':
      windows.showPill()
      windows.tell('hotkey:pressed', undefined)
      // Where the key is to be held, what a press began ends by a release alone.
      if (action.isOn) windows.tell('hotkey:released', undefined)
      break
    case 'copy-last':
      await copyLast(desktop)
      break
    case 'set-private':
      desktop.privateMode.set(action.on)
      break
    case 'choose-engine':
      await desktop.preferences.set({ engine: action.engine })
      break
    case 'choose-language':
      await desktop.preferences.set({ language: action.language })
      break
    case 'show':
      windows.show(action.surface)
      break
    case 'restart-engine':
      desktop.handlers['sidecar:restart']()
      break
    case 'quit':
      app.quit()
  }
}

async function copyLast({ handlers }: App): Promise<void> {
  const [last] = (await handlers['history:list']({ limit: 1 })).entries
  if (last !== undefined) await handlers['text:copy'](last.text)
}

function chosenBy({ hotkey, engine, language, ui_language: wanted }: Preferences) {
  const tag = wanted === 'system' ? app.getLocale() : wanted
  return { hotkey, engine, language, uiLanguage: tag.startsWith('zh') ? 'zh' : 'en' } as const
}

type Told = { [P in Push]: { readonly channel: P; readonly payload: Pushes[P] } }[Push]
