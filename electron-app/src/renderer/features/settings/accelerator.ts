// Electron's names of key combinations, from what a browser tells of keys.

/** What is used of a KeyboardEvent. */
export interface Keys {
  readonly code: string
  readonly ctrlKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
  readonly metaKey: boolean
}

export type Pressed =
  /** Only modifiers so far. */
  | { readonly kind: 'incomplete' }
  /** A letter alone would be taken from every program. */
  | { readonly kind: 'weak' }
  | { readonly kind: 'accelerator'; readonly accelerator: string }

const MODIFIER_CODE = /^(Control|Alt|Shift|Meta|OS)(Left|Right)?$/
const FUNCTION_KEY = /^F([1-9]|1\d|2[0-4])$/

const NAMES: Readonly<Record<string, string>> = {
  Space: 'Space',
  Enter: 'Return',
  Tab: 'Tab',
  Backspace: 'Backspace',
  Delete: 'Delete',
  Insert: 'Insert',
  Home: 'Home',
  End: 'End',
  PageUp: 'PageUp',
  PageDown: 'PageDown',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
  Minus: '-',
  Equal: '=',
  BracketLeft: '[',
  BracketRight: ']',
  Semicolon: ';',
  Quote: "'",
  Backquote: '`',
  Backslash: '\\',
  Comma: ',',
  Period: '.',
  Slash: '/',
}

function keyName(code: string): string | null {
  if (/^Key[A-Z]$/.test(code)) return code.slice(3)
  if (/^Digit\d$/.test(code)) return code.slice(5)
  if (/^Numpad\d$/.test(code)) return `num${code.slice(6)}`
  if (FUNCTION_KEY.test(code)) return code
  return NAMES[code] ?? null
}

function modifiers({ ctrlKey, altKey, shiftKey, metaKey }: Keys, isMac: boolean): string[] {
  return [
    ...(isMac && metaKey ? ['CommandOrControl'] : []),
    ...(ctrlKey ? [isMac ? 'Control' : 'CommandOrControl'] : []),
    ...(altKey ? ['Alt'] : []),
    ...(shiftKey ? ['Shift'] : []),
    ...(!isMac && metaKey ? ['Super'] : []),
  ]
}

/** Names go by the place of keys, not by their letters, as the system's hotkeys do. */
export function acceleratorOf(keys: Keys, isMac: boolean): Pressed {
  if (MODIFIER_CODE.test(keys.code)) return { kind: 'incomplete' }
  const key = keyName(keys.code)
  if (key === null) return { kind: 'incomplete' }
  const held = modifiers(keys, isMac)
  // Shift alone would take a capital letter away.
  const isStrong = held.some((name) => name !== 'Shift') || FUNCTION_KEY.test(key)
  if (!isStrong) return { kind: 'weak' }
  return { kind: 'accelerator', accelerator: [...held, key].join('+') }
}

const ON_MAC: Readonly<Record<string, string>> = {
  CommandOrControl: '⌘',
  Command: '⌘',
  Control: '⌃',
  Alt: '⌥',
  Shift: '⇧',
}
const ELSEWHERE: Readonly<Record<string, string>> = { CommandOrControl: 'Ctrl', Control: 'Ctrl' }

/** The keys as they are printed on this machine's keyboard. */
export function keyLabels(accelerator: string, isMac: boolean): readonly string[] {
  const labels = isMac ? ON_MAC : ELSEWHERE
  return accelerator.split('+').map((name) => labels[name] ?? name)
}
