// Which paste tool is the one of this system.

import { macosPasteTool } from './macos'
import type { PasteTool } from './paste-tool'
import type { Run } from './run'
import { waylandPasteTool } from './wayland'
import { windowsPasteTool } from './windows'
import { x11PasteTool } from './x11'

export function pasteToolOf(
  platform: NodeJS.Platform,
  env: NodeJS.ProcessEnv,
  run: Run,
): PasteTool {
  if (platform === 'darwin') return macosPasteTool(run)
  if (platform === 'win32') return windowsPasteTool(run, env)
  // Under Wayland DISPLAY is set as well, for old programs; xdotool would reach only those.
  if (env['WAYLAND_DISPLAY']) return waylandPasteTool(run, env)
  return x11PasteTool(run)
}
