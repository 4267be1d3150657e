// The paste keystroke on Windows, through the PowerShell that is part of it.

import { win32 } from 'node:path'
import type { Keystroke, PasteTool } from './paste-tool'
import type { Run } from './run'

// Modifiers of the hotkey may still be held: with Shift or Alt it would be another keystroke.
// 0x10 Shift, 0x12 Alt, 0x5B and 0x5C Windows, 0x11 Ctrl, 0x56 V; the flag 2 lets a key go.
const SCRIPT = `
$ErrorActionPreference = 'Stop'
$keys = Add-Type -PassThru -Namespace Sotto -Name Keys -MemberDefinition @'
[DllImport("user32.dll")]
public static extern void keybd_event(byte key, byte scan, uint flags, System.UIntPtr extra);
'@
foreach ($key in 0x10, 0x12, 0x5B, 0x5C) { $keys::keybd_event($key, 0, 2, [UIntPtr]::Zero) }
$keys::keybd_event(0x11, 0, 0, [UIntPtr]::Zero)
$keys::keybd_event(0x56, 0, 0, [UIntPtr]::Zero)
$keys::keybd_event(0x56, 0, 2, [UIntPtr]::Zero)
$keys::keybd_event(0x11, 0, 2, [UIntPtr]::Zero)
`

/** PowerShell compiles those lines at each start, which takes a second or two on a slow disk. */
const TIMEOUT_MS = 10_000

const ASK_FOR_CTRL_V = 'Windows did not let Sotto press keys here. Press Ctrl+V.'

/** Keys do not reach windows of programs that run as administrator; Windows does not tell. */
export function windowsPasteTool(run: Run, env: NodeJS.ProcessEnv): PasteTool {
  // By its full path: a program of that name elsewhere on PATH must not be what starts.
  const root = env['SystemRoot'] ?? 'C:\\Windows'
  const program = win32.join(root, 'System32', 'WindowsPowerShell', 'v1.0', 'powershell.exe')
  const args = ['-NoLogo', '-NoProfile', '-NonInteractive', '-EncodedCommand', encoded(SCRIPT)]
  return {
    async paste(): Promise<Keystroke> {
      const result = await run(program, args, { timeoutMs: TIMEOUT_MS })
      if (result.kind === 'missing') {
        return { kind: 'no-paste-tool', detail: 'Windows PowerShell is missing. Press Ctrl+V.' }
      }
      if (result.kind === 'ended' && result.code === 0) return { kind: 'sent' }
      return { kind: 'paste-failed', detail: ASK_FOR_CTRL_V }
    },
  }
}

/** What -EncodedCommand takes: nothing in it needs quoting. */
function encoded(script: string): string {
  return Buffer.from(script, 'utf16le').toString('base64')
}
