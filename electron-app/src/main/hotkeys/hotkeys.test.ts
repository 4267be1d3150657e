import { describe, expect, test } from 'vitest'
import { type GlobalKeys, HotkeyError, type HotkeyListener, Hotkeys } from './hotkeys'

/** A system whose keys tests press. */
class Keyboard implements GlobalKeys {
  hasRelease = true
  readonly takenByOthers = new Set<string>()
  readonly #registered = new Map<string, { pressed: () => void; released: () => void }>()

  get registered(): readonly string[] {
    return [...this.#registered.keys()]
  }

  register(accelerator: string, pressed: () => void, released: () => void): boolean {
    if (this.takenByOthers.has(accelerator) || this.#registered.has(accelerator)) return false
    this.#registered.set(accelerator, { pressed, released })
    return true
  }

  unregister(accelerator: string): void {
    this.#registered.delete(accelerator)
  }

  press(accelerator: string): void {
    this.#registered.get(accelerator)?.pressed()
    if (this.hasRelease) this.#registered.get(accelerator)?.released()
  }

  /** What some systems do while they sleep. */
  forgetAll(): void {
    this.#registered.clear()
  }
}

function desk() {
  const keyboard = new Keyboard()
  const clock = { nowMs: 0 }
  const heard: string[] = []
  const listener: HotkeyListener = {
    pressed: () => heard.push('pressed'),
    released: () => heard.push('released'),
    changed: (works) => heard.push(works ? 'works' : 'taken'),
  }
  return { keyboard, clock, heard, hotkeys: new Hotkeys(keyboard, listener, () => clock.nowMs) }
}

function kindOf(act: () => void): string {
  try {
    act()
  } catch (error) {
    if (error instanceof HotkeyError) return error.kind
    throw error
  }
  return 'no error'
}

describe('choosing a hotkey', () => {
  test('it is heard when it is pressed and let go', () => {
    const { keyboard, heard, hotkeys } = desk()

    hotkeys.use('ctrl+space')
    keyboard.press('Control+Space')

    expect(heard).toEqual(['pressed', 'released'])
  })

  test('a new one takes the place of the old one', () => {
    const { keyboard, heard, hotkeys } = desk()
    hotkeys.use('Alt+D')

    hotkeys.use('Alt+E')
    keyboard.press('Alt+D')

    expect(keyboard.registered).toEqual(['Alt+E'])
    expect(heard).toEqual([])
  })

  test('the old one stays when another program has the new one', () => {
    const { keyboard, heard, hotkeys } = desk()
    hotkeys.use('Alt+D')
    keyboard.takenByOthers.add('Alt+E')

    const kind = kindOf(() => hotkeys.use('Alt+E'))
    keyboard.press('Alt+D')

    expect(kind).toBe('HOTKEY_TAKEN')
    expect(hotkeys.works).toBe(true)
    expect(heard).toEqual(['pressed', 'released'])
  })

  test('the old one stays when the new one is no hotkey', () => {
    const { keyboard, hotkeys } = desk()
    hotkeys.use('Alt+D')

    const kind = kindOf(() => hotkeys.use('Shift+A'))

    expect(kind).toBe('BAD_ARGUMENTS')
    expect(keyboard.registered).toEqual(['Alt+D'])
  })

  test('the same one again changes nothing, however it is spelled', () => {
    const { keyboard, hotkeys } = desk()
    hotkeys.use('Control+Alt+D')

    hotkeys.use('alt+ctrl+d')

    expect(keyboard.registered).toEqual(['Control+Alt+D'])
  })

  test('an empty text is none', () => {
    const { keyboard, hotkeys } = desk()
    hotkeys.use('Alt+D')

    hotkeys.use('')

    expect(keyboard.registered).toEqual([])
  })
})

describe('the hotkey of the settings', () => {
  test('one that another program has is told, and had as soon as it is free', () => {
    const { keyboard, heard, hotkeys } = desk()
    keyboard.takenByOthers.add('Alt+D')
    hotkeys.follow('Alt+D')
    const worked = hotkeys.works
    keyboard.takenByOthers.clear()

    hotkeys.renew()
    keyboard.press('Alt+D')

    expect(worked).toBe(false)
    expect(hotkeys.works).toBe(true)
    expect(heard).toEqual(['taken', 'works', 'pressed', 'released'])
  })

  test('the one of before does not work on where its successor cannot be had', () => {
    const { keyboard, hotkeys } = desk()
    hotkeys.follow('Alt+D')
    keyboard.takenByOthers.add('Alt+E')

    hotkeys.follow('Alt+E')

    expect(keyboard.registered).toEqual([])
    expect(hotkeys.works).toBe(false)
  })

  test.each(['Shift+A', 'nonsense'])('%s, which is no hotkey, does not work', (text) => {
    const { hotkeys } = desk()

    hotkeys.follow(text)

    expect(hotkeys.works).toBe(false)
  })

  test('another one that can be had works, and so does none', () => {
    const { keyboard, heard, hotkeys } = desk()
    keyboard.takenByOthers.add('Alt+D')
    hotkeys.follow('Alt+D')

    hotkeys.use('Alt+E')
    hotkeys.follow('Alt+D')
    hotkeys.follow('')

    expect(heard).toEqual(['taken', 'works', 'taken', 'works'])
  })
})

describe('trying a hotkey', () => {
  test('leaves nothing registered', () => {
    const { keyboard, hotkeys } = desk()
    keyboard.takenByOthers.add('Alt+E')

    const answers = [hotkeys.isFree('Alt+D'), hotkeys.isFree('Alt+E')]

    expect(answers).toEqual([true, false])
    expect(keyboard.registered).toEqual([])
  })

  test('ours is free for us, and stays', () => {
    const { keyboard, hotkeys } = desk()
    hotkeys.use('Alt+D')

    const isFree = hotkeys.isFree('Alt+D')

    expect(isFree).toBe(true)
    expect(keyboard.registered).toEqual(['Alt+D'])
  })
})

describe('while a page records a new hotkey', () => {
  test('the old one is not ours, so that it reaches the page', () => {
    const { keyboard, hotkeys } = desk()
    hotkeys.use('Alt+D')

    hotkeys.pause()
    const during = keyboard.registered
    hotkeys.resume()

    expect(during).toEqual([])
    expect(keyboard.registered).toEqual(['Alt+D'])
  })

  test('the new one is registered afterwards, and the old one is not', () => {
    const { keyboard, hotkeys } = desk()
    hotkeys.use('Alt+D')

    hotkeys.pause()
    hotkeys.use('Alt+E')
    const during = keyboard.registered
    hotkeys.resume()

    expect(during).toEqual([])
    expect(keyboard.registered).toEqual(['Alt+E'])
  })

  test('the old one comes back when the new one is taken', () => {
    const { keyboard, hotkeys } = desk()
    hotkeys.use('Alt+D')
    keyboard.takenByOthers.add('Alt+E')

    hotkeys.pause()
    const kind = kindOf(() => hotkeys.use('Alt+E'))
    hotkeys.resume()

    expect(kind).toBe('HOTKEY_TAKEN')
    expect(keyboard.registered).toEqual(['Alt+D'])
  })

  test('a machine that wakes does not bring it back', () => {
    const { keyboard, hotkeys } = desk()
    hotkeys.use('Alt+D')

    hotkeys.pause()
    hotkeys.renew()

    expect(keyboard.registered).toEqual([])
  })
})

describe('after sleep', () => {
  test('a forgotten hotkey is registered again', () => {
    const { keyboard, heard, hotkeys } = desk()
    hotkeys.use('Alt+D')
    keyboard.forgetAll()

    hotkeys.renew()
    keyboard.press('Alt+D')

    expect(heard).toEqual(['pressed', 'released'])
  })

  test('one that was lost is told, and had again as soon as it is free', () => {
    const { keyboard, heard, hotkeys } = desk()
    hotkeys.use('Alt+D')
    keyboard.takenByOthers.add('Alt+D')
    hotkeys.renew()
    keyboard.takenByOthers.clear()

    hotkeys.renew()

    expect(heard).toEqual(['taken', 'works'])
    expect(keyboard.registered).toEqual(['Alt+D'])
  })
})

describe('where the system does not tell that a key is let go', () => {
  test('a key that is held and repeats is pressed once', () => {
    const { keyboard, clock, heard, hotkeys } = desk()
    keyboard.hasRelease = false
    hotkeys.use('Alt+D')

    for (const atMs of [0, 660, 690, 720, 1500]) {
      clock.nowMs = atMs
      keyboard.press('Alt+D')
    }

    expect(heard).toEqual(['pressed', 'pressed'])
  })
})

test('closing leaves nothing registered', () => {
  const { keyboard, hotkeys } = desk()
  hotkeys.use('Alt+D')

  hotkeys.close()

  expect(keyboard.registered).toEqual([])
})
