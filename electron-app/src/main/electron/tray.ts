// The tray, through Electron: draws what the model says.

import { join } from 'node:path'
import {
  Menu,
  type MenuItemConstructorOptions,
  type NativeImage,
  nativeImage,
  Tray,
} from 'electron'
import type { TrayModel } from '../tray/tray-model'
import type { MenuItem, TrayAction, TrayIcon, TrayView } from '../tray/view'

type Act = (action: TrayAction) => void

/** Once the app is ready. Keep what is returned: a tray that is collected disappears. */
export function showTray(model: TrayModel, iconFolder: string, act: Act): Tray {
  const tray = new Tray(imageOf(model.view.icon, iconFolder))
  const show = (view: TrayView): void => {
    tray.setImage(imageOf(view.icon, iconFolder))
    tray.setToolTip(view.tooltip)
    tray.setContextMenu(Menu.buildFromTemplate(view.menu.map((item) => itemOf(item, act))))
  }
  show(model.view)
  model.onView(show)
  // Elsewhere a click opens the menu.
  if (process.platform === 'win32') tray.on('click', () => act({ do: 'show', surface: 'record' }))
  return tray
}

/** macOS colours templates itself, so states differ by their shape there. */
function imageOf(icon: TrayIcon, folder: string): NativeImage {
  const isTemplate = process.platform === 'darwin'
  const image = nativeImage.createFromPath(
    join(folder, `${icon}${isTemplate ? 'Template' : ''}.png`),
  )
  image.setTemplateImage(isTemplate)
  return image
}

function itemOf(item: MenuItem, act: Act): MenuItemConstructorOptions {
  switch (item.kind) {
    case 'separator':
      return { type: 'separator' }
    case 'label':
      return { label: item.label, enabled: false }
    case 'action':
      return {
        label: item.label,
        enabled: item.isEnabled,
        click: () => act(item.action),
        // Shown only: the global hotkey is heard already.
        ...(item.accelerator !== undefined && {
          accelerator: item.accelerator,
          registerAccelerator: false,
        }),
      }
    case 'switch':
      return {
        label: item.label,
        type: 'checkbox',
        checked: item.isOn,
        click: () => act(item.action),
      }
    case 'choice':
      return {
        label: item.label,
        submenu: item.options.map((option) => ({
          label: option.label,
          type: 'radio' as const,
          checked: option.isChosen,
          click: () => act(option.action),
        })),
      }
    default:
      return item satisfies never
  }
}
