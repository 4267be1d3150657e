// The paste keystroke on Wayland: each compositor permits another helper.
//
// wtype speaks to the compositor (Sway, Hyprland, river, labwc). GNOME and KDE refuse it; there
// and elsewhere ydotool and dotool work, which act as a keyboard of the kernel and need access
// to /dev/uinput. No protocol says which window has the focus, so terminals get Ctrl+V, too.

import type { Keystroke, PasteTool } from './paste-tool'
import type { Run, RunResult } from './run'

type Helper = (run: Run) => Promise<RunResult>

const wtype: Helper = (run) => run('wtype', ['-M', 'ctrl', '-k', 'v', '-m', 'ctrl'])

// In keycodes of the kernel: 29 is left Ctrl, 47 is V. Releases before 1.0 take names instead,
// and tell them by their help.
const ydotool: Helper = async (run) => {
  const help = await run('ydotool', ['key', '--help'])
  if (help.kind !== 'ended') return help
  const takesCodes = /:1\b|keycode/i.test(help.out + help.err)
  const keys = takesCodes ? ['29:1', '47:1', '47:0', '29:0'] : ['ctrl+v']
  return run('ydotool', ['key', ...keys])
}

const dotool: Helper = (run) => run('dotool', [], { input: 'key ctrl+v\n' })

const NO_TOOL =
  'Install wtype (Sway, Hyprland) or ydotool (GNOME, KDE) to have text inserted at the cursor. ' +
  'Press Ctrl+V meanwhile.'
const FAILED =
  'The helper that presses keys did not get through: ydotool needs its daemon and access to ' +
  '/dev/uinput, and GNOME and KDE do not take keys from wtype. Press Ctrl+V.'

export function waylandPasteTool(run: Run, env: NodeJS.ProcessEnv): PasteTool {
  const refusesWtype = /gnome|kde|unity|cinnamon/i.test(env['XDG_CURRENT_DESKTOP'] ?? '')
  const helpers = refusesWtype ? [ydotool, dotool, wtype] : [wtype, ydotool, dotool]
  return {
    async paste(): Promise<Keystroke> {
      let isAnyThere = false
      for (const helper of helpers) {
        const result = await helper(run)
        if (result.kind === 'ended' && result.code === 0) return { kind: 'sent' }
        // It may have pressed the keys all the same: another one would paste a second time.
        if (result.kind === 'late') return { kind: 'paste-failed', detail: FAILED }
        isAnyThere ||= result.kind === 'ended'
      }
      return isAnyThere
        ? { kind: 'paste-failed', detail: FAILED }
        : { kind: 'no-paste-tool', detail: NO_TOOL }
    },
  }
}
