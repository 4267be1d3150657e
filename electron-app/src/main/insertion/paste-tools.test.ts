// What each system's tool is asked, and what its answers mean. x11.test.ts presses real keys.

import { describe, expect, test } from 'vitest'
import { pasteToolOf } from './platform'
import type { Run, RunOptions, RunResult } from './run'

interface Started {
  readonly program: string
  readonly args: readonly string[]
  readonly options: RunOptions | undefined
}

const ENDED: RunResult = { kind: 'ended', code: 0, out: '', err: '' }
const MISSING: RunResult = { kind: 'missing' }
const LATE: RunResult = { kind: 'late' }
const failed = (err: string): RunResult => ({ kind: 'ended', code: 1, out: '', err })

/** Programs that answer as told, and are missing otherwise. */
function system(answers: Readonly<Record<string, RunResult>>) {
  const started: Started[] = []
  const run: Run = async (program, args, options) => {
    started.push({ program, args, options })
    return answers[`${program} ${args[0]}`] ?? answers[program] ?? MISSING
  }
  return { run, started, programs: () => started.map((each) => each.program) }
}

describe('on macOS', () => {
  const OSASCRIPT = '/usr/bin/osascript'

  test('System Events presses Command and V', async () => {
    const { run, started } = system({ [OSASCRIPT]: ENDED })

    const keystroke = await pasteToolOf('darwin', {}, run).paste()

    expect(keystroke).toEqual({ kind: 'sent' })
    expect(started[0]?.args).toEqual([
      '-e',
      'tell application "System Events" to keystroke "v" using command down',
    ])
  })

  test.each([
    'execution error: System Events got an error: osascript is not allowed to send keystrokes. (1002)',
    'execution error: Not authorized to send Apple events to System Events. (-1743)',
    'Ausführungsfehler: „System Events“ hat einen Fehler erhalten. (1002)',
  ])('a missing permission is told, with where to give it: %s', async (err) => {
    const { run } = system({ [OSASCRIPT]: failed(err) })

    const keystroke = await pasteToolOf('darwin', {}, run).paste()

    expect(keystroke).toMatchObject({ kind: 'not-permitted' })
    expect(keystroke).toHaveProperty('detail', expect.stringContaining('Accessibility'))
  })

  test('a question for permission that nobody answers is one, too', async () => {
    const { run } = system({ [OSASCRIPT]: LATE })

    const keystroke = await pasteToolOf('darwin', {}, run).paste()

    expect(keystroke.kind).toBe('not-permitted')
  })

  test('any other trouble is a failed paste', async () => {
    const { run } = system({ [OSASCRIPT]: failed('System Events is not running. (-600)') })

    const keystroke = await pasteToolOf('darwin', {}, run).paste()

    expect(keystroke.kind).toBe('paste-failed')
  })
})

describe('on Windows', () => {
  const POWERSHELL = 'D:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe'
  const ENV = { SystemRoot: 'D:\\Windows' }

  test('the PowerShell of the system lets modifiers go and presses Ctrl and V', async () => {
    const { run, started } = system({ [POWERSHELL]: ENDED })

    const keystroke = await pasteToolOf('win32', ENV, run).paste()

    const script = Buffer.from(started[0]?.args.at(-1) ?? '', 'base64').toString('utf16le')
    const presses = [...script.matchAll(/keybd_event\((0x\w+), 0, (\d)/g)].map((m) => m.slice(1))
    expect(keystroke).toEqual({ kind: 'sent' })
    expect(started[0]?.args.at(-2)).toBe('-EncodedCommand')
    expect(presses).toEqual([
      ['0x11', '0'],
      ['0x56', '0'],
      ['0x56', '2'],
      ['0x11', '2'],
    ])
  })

  test.each([
    [MISSING, 'no-paste-tool'],
    [LATE, 'paste-failed'],
    [failed('Cannot add type.'), 'paste-failed'],
  ] as const)('%j is %s', async (answer, kind) => {
    const { run } = system({ [POWERSHELL]: answer })

    const keystroke = await pasteToolOf('win32', ENV, run).paste()

    expect(keystroke.kind).toBe(kind)
  })
})

describe('on X11', () => {
  const focus: RunResult = { ...ENDED, out: '4711' }
  const wmClass = (names: string): RunResult => ({ ...ENDED, out: `WM_CLASS(STRING) = ${names}` })
  const keysFor = async (answers: Readonly<Record<string, RunResult>>) => {
    const { run, started } = system({ xdotool: ENDED, ...answers })
    await pasteToolOf('linux', {}, run).paste()
    return started.findLast((each) => each.program === 'xdotool')?.args
  }

  test.each([
    ['"Navigator", "firefox"', 'ctrl+v'],
    ['"gnome-terminal-server", "Gnome-terminal"', 'ctrl+shift+v'],
    ['"kitty", "kitty"', 'ctrl+shift+v'],
  ])('the window %s gets %s', async (names, keys) => {
    const args = await keysFor({ 'xdotool getwindowfocus': focus, xprop: wmClass(names) })

    expect(args).toEqual(['key', '--clearmodifiers', keys])
  })

  test('a window that cannot be told gets what most windows take', async () => {
    const args = await keysFor({ 'xdotool getwindowfocus': failed('no focus'), xprop: MISSING })

    expect(args).toEqual(['key', '--clearmodifiers', 'ctrl+v'])
  })

  test('without xdotool the sentence says what to install', async () => {
    const { run } = system({})

    const keystroke = await pasteToolOf('linux', {}, run).paste()

    expect(keystroke).toMatchObject({ kind: 'no-paste-tool' })
    expect(keystroke).toHaveProperty('detail', expect.stringContaining('Install xdotool'))
  })

  test.each([LATE, failed('no display')])('%j is a failed paste', async (answer) => {
    const { run } = system({ 'xdotool key': answer })

    const keystroke = await pasteToolOf('linux', {}, run).paste()

    expect(keystroke.kind).toBe('paste-failed')
  })
})

describe('on Wayland', () => {
  const SWAY = { WAYLAND_DISPLAY: 'wayland-1', DISPLAY: ':0', XDG_CURRENT_DESKTOP: 'sway' }
  const GNOME = { ...SWAY, XDG_CURRENT_DESKTOP: 'ubuntu:GNOME' }

  test('wtype presses the keys where compositors take them', async () => {
    const { run, started } = system({ wtype: ENDED, ydotool: ENDED, xdotool: ENDED })

    const keystroke = await pasteToolOf('linux', SWAY, run).paste()

    expect(keystroke).toEqual({ kind: 'sent' })
    expect(started.map((each) => [each.program, ...each.args].join(' '))).toEqual([
      'wtype -M ctrl -k v -m ctrl',
    ])
  })

  test('GNOME takes no keys from wtype, so a keyboard of the kernel is tried first', async () => {
    const { run, programs } = system({ wtype: ENDED, dotool: ENDED })

    const keystroke = await pasteToolOf('linux', GNOME, run).paste()

    expect(keystroke).toEqual({ kind: 'sent' })
    expect(programs()).toEqual(['ydotool', 'dotool'])
  })

  test.each([
    ['Usage: key [--delay <ms>] [--key-delay <ms>] <key sequence>', ['ctrl+v']],
    ['e.g. 28:1 28:0 means pressing on the Enter button', ['29:1', '47:1', '47:0', '29:0']],
  ])('ydotool is spoken to in the words of its release: %s', async (help, keys) => {
    const { run, started } = system({ ydotool: { ...ENDED, out: help } })

    await pasteToolOf('linux', GNOME, run).paste()

    expect(started.at(-1)?.args).toEqual(['key', ...keys])
  })

  test('a helper that is refused makes room for the next', async () => {
    const { run, started } = system({ wtype: failed('not supported'), dotool: ENDED })

    const keystroke = await pasteToolOf('linux', SWAY, run).paste()

    expect(keystroke).toEqual({ kind: 'sent' })
    expect(started.at(-1)?.options?.input).toBe('key ctrl+v\n')
  })

  test('a helper that hangs does not: the text would be pasted twice', async () => {
    const { run, programs } = system({ wtype: LATE, dotool: ENDED })

    const keystroke = await pasteToolOf('linux', SWAY, run).paste()

    expect(keystroke.kind).toBe('paste-failed')
    expect(programs()).toEqual(['wtype'])
  })

  test.each([
    [{}, 'no-paste-tool', 'Install wtype'],
    [{ wtype: failed('not supported') }, 'paste-failed', 'Press Ctrl+V'],
  ])('with %j the sentence says what to do', async (answers, kind, words) => {
    const { run } = system(answers)

    const keystroke = await pasteToolOf('linux', SWAY, run).paste()

    expect(keystroke).toMatchObject({ kind })
    expect(keystroke).toHaveProperty('detail', expect.stringContaining(words))
  })
})
