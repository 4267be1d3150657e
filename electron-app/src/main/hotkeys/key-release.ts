// When a held hotkey is let go, by uiohook-napi: nothing in Electron tells that.

import type * as Uiohook from 'uiohook-napi'
import type { Run } from '../insertion/run'
import type { KeyRelease } from './hotkeys'

interface KeyReleaseOptions {
  readonly platform: NodeJS.Platform
  readonly env: NodeJS.ProcessEnv
  readonly run: Run
  /** Whether this program may see keys, by the system's settings of privacy. */
  readonly isTrusted: () => boolean
}

type Key = keyof typeof Uiohook.UiohookKey
type Flag = 'altKey' | 'ctrlKey' | 'metaKey' | 'shiftKey'
type Event = Uiohook.UiohookKeyboardEvent | Uiohook.UiohookMouseEvent | Uiohook.UiohookWheelEvent

interface Modifier {
  readonly keys: readonly Key[]
  readonly flag?: Flag
}

const CONTROL: Modifier = { keys: ['Ctrl', 'CtrlRight'], flag: 'ctrlKey' }
const META: Modifier = { keys: ['Meta', 'MetaRight'], flag: 'metaKey' }
const MODIFIERS: Readonly<Record<string, Modifier>> = {
  Alt: { keys: ['Alt', 'AltRight'], flag: 'altKey' },
  AltGr: { keys: ['AltRight'] },
  Command: META,
  Control: CONTROL,
  Shift: { keys: ['Shift', 'ShiftRight'], flag: 'shiftKey' },
  Super: META,
}

/** Keys that Electron names otherwise. Those without a name here are let go by a modifier. */
const NAMES: Readonly<Record<string, Key>> = {
  Capslock: 'CapsLock',
  Down: 'ArrowDown',
  Left: 'ArrowLeft',
  Numlock: 'NumLock',
  Plus: 'Equal',
  Right: 'ArrowRight',
  Scrolllock: 'ScrollLock',
  Up: 'ArrowUp',
  numadd: 'NumpadAdd',
  numdec: 'NumpadDecimal',
  numdiv: 'NumpadDivide',
  nummult: 'NumpadMultiply',
  numsub: 'NumpadSubtract',
  "'": 'Quote',
  ',': 'Comma',
  '-': 'Minus',
  '.': 'Period',
  '/': 'Slash',
  ';': 'Semicolon',
  '=': 'Equal',
  '[': 'BracketLeft',
  '\\': 'Backslash',
  ']': 'BracketRight',
  '`': 'Backquote',
}
/** What the library tells of on X11 without a code: of all such keys the same. */
const WITHOUT_CODE = /^(Media\w+|F(1[3-9]|2[0-4]))$/
const NO_CODE = 0
/** Codes that uiohook.h has and the package gives no name. */
const CODES: Readonly<Record<string, number>> = {
  MediaNextTrack: 0xe019,
  MediaPlayPause: 0xe022,
  MediaPreviousTrack: 0xe010,
  MediaStop: 0xe024,
  VolumeDown: 0xe02e,
  VolumeMute: 0xe020,
  VolumeUp: 0xe030,
}

interface HeldKeys {
  readonly codes: ReadonlySet<number>
  readonly flags: readonly Flag[]
}

/**
 * Keys are seen from the press of the hotkey to its release, at no other time, and only to
 * find the release among them.
 */
export class SystemKeyRelease implements KeyRelease {
  readonly #options: KeyReleaseOptions
  #library: typeof Uiohook | null = null
  #listening: ((event: Event) => void) | null = null

  constructor(options: KeyReleaseOptions) {
    this.#options = options
  }

  async prepare(): Promise<boolean> {
    // A start that fails may end the whole process: the library gives back a lock that it does
    // not have. So what a start needs is looked for before.
    if (!(await this.#isPossible())) return false
    this.#library ??= await load()
    return this.#library !== null && this.#options.isTrusted()
  }

  watch(accelerator: string, released: () => void): boolean {
    this.stop()
    if (this.#library === null || !this.#options.isTrusted()) return false
    const { uIOhook, UiohookKey, EventType } = this.#library
    const held = keysOf(accelerator, this.#options.platform, UiohookKey)
    this.#listening = (event) => {
      if (event.type === EventType.EVENT_KEY_PRESSED) return
      if (!isKeyOf(held, event) && !areModifiersUp(held, event)) return
      this.stop()
      released()
    }
    uIOhook.on('input', this.#listening)
    try {
      uIOhook.start()
      return true
    } catch {
      this.stop()
      return false
    }
  }

  stop(): void {
    if (this.#library === null || this.#listening === null) return
    this.#library.uIOhook.off('input', this.#listening)
    this.#listening = null
    try {
      this.#library.uIOhook.stop()
    } catch {
      // It goes on and nobody hears it; the next `watch` takes it up again.
    }
  }

  /** Under Wayland nobody sees keys of other programs, although DISPLAY is set, too. */
  async #isPossible(): Promise<boolean> {
    const { platform, env, run } = this.#options
    if (platform !== 'linux') return true
    if (env['WAYLAND_DISPLAY']) return false
    const asked = await run('xdpyinfo', [])
    return asked.kind === 'ended' && asked.code === 0 && /^ +RECORD$/m.test(asked.out)
  }
}

/** Null where a library of the system that it needs is missing. */
async function load(): Promise<typeof Uiohook | null> {
  // Its loader would take code from there.
  delete process.env['UIOHOOK_NAPI_PREBUILD']
  try {
    return await import('uiohook-napi')
  } catch {
    return null
  }
}

function keysOf(
  accelerator: string,
  platform: NodeJS.Platform,
  codes: typeof Uiohook.UiohookKey,
): HeldKeys {
  const parts = accelerator.split('+')
  const key = parts.pop() ?? ''
  const modifiers = parts.map((name) => modifierOf(name, platform))
  const codeByName: ReadonlyMap<string, number> = new Map(Object.entries(codes))
  const name = NAMES[key] ?? key.replace(/^num(?=\d$)/, 'Numpad')
  const code = CODES[key] ?? codeByName.get(`${name}`)
  return {
    codes: new Set([
      ...modifiers.flatMap(({ keys }) => keys.map((each) => codes[each])),
      ...(code === undefined ? [] : [code]),
      ...(WITHOUT_CODE.test(key) && platform === 'linux' ? [NO_CODE] : []),
    ]),
    flags: modifiers.flatMap(({ flag }) => (flag === undefined ? [] : [flag])),
  }
}

function modifierOf(name: string, platform: NodeJS.Platform): Modifier {
  if (name === 'CommandOrControl') return platform === 'darwin' ? META : CONTROL
  return MODIFIERS[name] ?? { keys: [] }
}

function isKeyOf({ codes }: HeldKeys, event: Event): boolean {
  return 'keycode' in event && codes.has(event.keycode)
}

/** So it was let go before the watch began, too soon to be seen. */
function areModifiersUp({ flags }: HeldKeys, event: Event): boolean {
  return flags.length > 0 && flags.every((flag) => !event[flag])
}
