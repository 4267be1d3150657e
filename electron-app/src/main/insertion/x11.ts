// The paste keystroke on X11, through xdotool.

import type { Keystroke, PasteTool } from './paste-tool'
import type { Run } from './run'

// Ctrl+V means something else in terminals. Names are those of WM_CLASS, in small letters.
const TERMINALS = new Set([
  'alacritty',
  'com.mitchellh.ghostty',
  'deepin-terminal',
  'foot',
  'gnome-terminal',
  'gnome-terminal-server',
  'guake',
  'hyper',
  'kgx',
  'kitty',
  'konsole',
  'lxterminal',
  'mate-terminal',
  'org.gnome.console',
  'org.gnome.ptyxis',
  'org.wezfurlong.wezterm',
  'qterminal',
  'st-256color',
  'terminator',
  'terminology',
  'tilda',
  'tilix',
  'xfce4-terminal',
  'yakuake',
])
/** They have no key for the clipboard unless somebody gave them one. */
const TERMINALS_WITHOUT_A_KEY = new Set(['xterm', 'uxterm', 'urxvt', 'rxvt'])

export function x11PasteTool(run: Run): PasteTool {
  return {
    async paste(): Promise<Keystroke> {
      const names = await focusedWindow(run)
      if (names.some((name) => TERMINALS_WITHOUT_A_KEY.has(name))) {
        const detail = 'This terminal has no key that pastes the clipboard. Paste it by hand.'
        return { kind: 'paste-failed', detail }
      }
      const keys = names.some((name) => TERMINALS.has(name)) ? 'ctrl+shift+v' : 'ctrl+v'
      // Modifiers of the hotkey may still be held.
      const result = await run('xdotool', ['key', '--clearmodifiers', keys])
      if (result.kind === 'missing') {
        const detail =
          'Install xdotool to have text inserted at the cursor. Press Ctrl+V meanwhile.'
        return { kind: 'no-paste-tool', detail }
      }
      if (result.kind === 'ended' && result.code === 0) return { kind: 'sent' }
      return { kind: 'paste-failed', detail: 'xdotool could not press the keys. Press Ctrl+V.' }
    },
  }
}

/** The names in WM_CLASS of the window that has the focus; none where that cannot be told. */
async function focusedWindow(run: Run): Promise<readonly string[]> {
  const focus = await run('xdotool', ['getwindowfocus'])
  if (focus.kind !== 'ended' || !/^\d+$/.test(focus.out)) return []
  // Not xdotool's getwindowclassname: releases before 2021 do not know it.
  const property = await run('xprop', ['-id', focus.out, 'WM_CLASS'])
  if (property.kind !== 'ended') return []
  return [...property.out.matchAll(/"([^"]*)"/g)].map((match) => (match[1] ?? '').toLowerCase())
}
