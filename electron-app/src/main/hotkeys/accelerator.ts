// Which key combinations may be a hotkey: Electron's accelerators, less those that would take
// a key away from writing.

const MODIFIERS: Readonly<Record<string, string>> = {
  alt: 'Alt',
  altgr: 'AltGr',
  cmd: 'Command',
  cmdorctrl: 'CommandOrControl',
  command: 'Command',
  commandorcontrol: 'CommandOrControl',
  control: 'Control',
  ctrl: 'Control',
  meta: 'Super',
  option: 'Alt',
  shift: 'Shift',
  super: 'Super',
}
const ORDER = ['CommandOrControl', 'Command', 'Control', 'Alt', 'AltGr', 'Shift', 'Super']

const NAMED_KEYS = [
  ...['Backspace', 'Capslock', 'Delete', 'Down', 'End', 'Enter', 'Escape', 'Home', 'Insert'],
  ...['Left', 'Numlock', 'PageDown', 'PageUp', 'Plus', 'PrintScreen', 'Right', 'Scrolllock'],
  ...['Space', 'Tab', 'Up'],
  ...['MediaNextTrack', 'MediaPlayPause', 'MediaPreviousTrack', 'MediaStop'],
  ...['VolumeDown', 'VolumeMute', 'VolumeUp'],
  ...['numadd', 'numdec', 'numdiv', 'nummult', 'numsub'],
]
const KEYS = new Map(NAMED_KEYS.map((key) => [key.toLowerCase(), key]))
KEYS.set('esc', 'Escape').set('return', 'Enter')

/** Nobody writes with these, so they need no modifier. */
const ALONE = /^(F\d+|Media\w+|Volume\w+|PrintScreen|Scrolllock)$/
const CHARACTER = /^[0-9A-Z)!@#$%^&*(:;+=<,_\->.?/~`{\][|\\}"']$/

export type Accelerator =
  | { readonly kind: 'valid'; readonly accelerator: string }
  | { readonly kind: 'invalid'; readonly why: string }

/** Read what a person or a page wrote; equal combinations come out spelled equally. */
export function parseAccelerator(text: string): Accelerator {
  const parts = text.trim().split('+')
  // `Ctrl++` is Ctrl and the plus key, which Electron calls Plus.
  if (text.trim().endsWith('++')) parts.splice(-2, 2, 'Plus')
  const key = keyOf(parts.pop()?.trim() ?? '')
  if (key === null) return invalid('End it with a key, such as Space, D or F9.')
  const modifiers = new Set<string>()
  for (const part of parts) {
    const modifier = MODIFIERS[part.trim().toLowerCase()]
    if (modifier === undefined) return invalid(`"${part.trim()}" is no modifier key.`)
    if (modifiers.has(modifier)) return invalid(`${modifier} is there twice.`)
    modifiers.add(modifier)
  }
  const isWriting = [...modifiers].every((modifier) => modifier === 'Shift' || modifier === 'AltGr')
  if (isWriting && !ALONE.test(key)) {
    return invalid('Add Control, Alt or Command: that key is needed for writing.')
  }
  const ordered = ORDER.filter((modifier) => modifiers.has(modifier))
  return { kind: 'valid', accelerator: [...ordered, key].join('+') }
}

function keyOf(part: string): string | null {
  const named = KEYS.get(part.toLowerCase())
  if (named !== undefined) return named
  const upper = part.toUpperCase()
  if (/^F([1-9]|1\d|2[0-4])$/.test(upper) || CHARACTER.test(upper)) return upper
  return /^num\d$/i.test(part) ? part.toLowerCase() : null
}

function invalid(why: string): Accelerator {
  return { kind: 'invalid', why }
}
