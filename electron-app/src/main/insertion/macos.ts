// The paste keystroke on macOS, through System Events.

import type { Keystroke, PasteTool } from './paste-tool'
import type { Run } from './run'

const PROGRAM = '/usr/bin/osascript'
const SCRIPT = 'tell application "System Events" to keystroke "v" using command down'

// 1002: no Accessibility; -1743: no Automation of System Events; -25211: no Accessibility, too.
const NOT_PERMITTED = /\((1002|-1743|-25211|-1719)\)|not allowed|not authori[sz]ed/i
const HOW_TO_PERMIT =
  'macOS does not let Sotto press keys. Allow it in System Settings, Privacy & Security, ' +
  'Accessibility (and Automation, System Events), then dictate again.'

/** The first keystroke makes macOS ask for permission, so a person may take their time. */
const TIMEOUT_MS = 10_000

export function macosPasteTool(run: Run): PasteTool {
  return {
    async paste(): Promise<Keystroke> {
      const result = await run(PROGRAM, ['-e', SCRIPT], { timeoutMs: TIMEOUT_MS })
      if (result.kind === 'ended' && result.code === 0) return { kind: 'sent' }
      if (result.kind === 'missing') {
        return { kind: 'no-paste-tool', detail: 'osascript, a part of macOS, is missing.' }
      }
      if (result.kind === 'late' || NOT_PERMITTED.test(result.err)) {
        return { kind: 'not-permitted', detail: HOW_TO_PERMIT }
      }
      return { kind: 'paste-failed', detail: 'System Events did not press the keys. Press Cmd+V.' }
    },
  }
}
