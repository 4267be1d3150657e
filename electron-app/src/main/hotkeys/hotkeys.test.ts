import { describe, expect, test } from 'vitest'
import {
  type GlobalKeys,
  HotkeyError,
  type HotkeyListener,
  Hotkeys,
  type KeyRelease,
} from './hotkeys'

/** A system whose keys tests press. */
class Keyboard implements GlobalKeys, KeyRelease {
  /** Whether it tells of releases, now and at all. */
  tellsReleases = true
  readonly takenByOthers = new Set<string>()
  readonly #registered = new Map<string, () => void>()
  #watched: { readonly accelerator: string; readonly released: () => void } | null = null

  get registered(): readonly string[] {
    return [...this.#registered.keys()]
  }

  get watched(): string | undefined {
    return this.#watched?.accelerator
  }

  register(accelerator: string, pressed: () => void): boolean {
    if (this.takenByOthers.has(accelerator) || this.#registered.has(accelerator)) return false
    this.#registered.set(accelerator, pressed)
    return true
  }

  unregister(accelerator: string): void {
    this.#registered.delete(accelerator)
  }

  async prepare(): Promise<boolean> {
    return this.tellsReleases
  }

  watch(accelerator: string, released: () => void): boolean {
    this.#watched = this.tellsReleases ? { accelerator, released } : null
    return this.tellsReleases
  }

  stop(): void {
    this.#watched = null
  }

  press(accelerator: string): void {
    this.#registered.get(accelerator)?.()
  }

  letGo(): void {
    const watched = this.#watched
    this.#watched = null
    watched?.released()
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
    holdChanged: (canHold) => heard.push(canHold ? 'can be held' : 'cannot be held'),
  }
  const hotkeys = new Hotkeys(keyboard, keyboard, listener, () => clock.nowMs)
  return { keyboard, clock, heard, hotkeys }
}

/** A desk with a hotkey that is for holding. */
async function deskForHolding(tellsReleases = true) {
  const parts = desk()
  parts.keyboard.tellsReleases = tellsReleases
  parts.hotkeys.use('Alt+D')
  parts.hotkeys.hold(true)
  await Promise.resolve() // what it needs is loaded
  return parts
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
  test('it is heard when it is pressed', () => {
    const { keyboard, heard, hotkeys } = desk()

    hotkeys.use('ctrl+space')
    keyboard.press('Control+Space')

    expect(heard).toEqual(['pressed'])
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
    expect(heard).toEqual(['pressed'])
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
    expect(heard).toEqual(['taken', 'works', 'pressed'])
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

    expect(heard).toEqual(['pressed'])
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

describe('a hotkey that toggles', () => {
  test('nothing is watched while it is pressed', () => {
    const { keyboard, heard, hotkeys } = desk()
    hotkeys.use('Alt+D')

    keyboard.press('Alt+D')

    expect(heard).toEqual(['pressed'])
    expect(keyboard.watched).toBeUndefined()
  })

  test('a key that is held and repeats is pressed once', () => {
    const { keyboard, clock, heard, hotkeys } = desk()
    hotkeys.use('Alt+D')

    for (const atMs of [0, 660, 690, 720, 1500]) {
      clock.nowMs = atMs
      keyboard.press('Alt+D')
    }

    expect(heard).toEqual(['pressed', 'pressed'])
  })
})

describe('a hotkey that is held', () => {
  test('its keys are watched from the press to the release, and no longer', async () => {
    const { keyboard, heard } = await deskForHolding()
    const before = keyboard.watched

    keyboard.press('Alt+D')
    const during = keyboard.watched
    keyboard.letGo()

    expect([before, during, keyboard.watched]).toEqual([undefined, 'Alt+D', undefined])
    expect(heard).toEqual(['pressed', 'released'])
  })

  test('repeats are no presses, however long it is held', async () => {
    const { keyboard, clock, heard } = await deskForHolding()

    for (const atMs of [0, 660, 690, 5000, 9000]) {
      clock.nowMs = atMs
      keyboard.press('Alt+D')
    }
    keyboard.letGo()

    expect(heard).toEqual(['pressed', 'released'])
  })

  test('repeats that arrive after the release are no presses', async () => {
    const { keyboard, clock, heard } = await deskForHolding()
    keyboard.press('Alt+D')

    clock.nowMs = 1000
    keyboard.letGo()
    for (const atMs of [1010, 1050, 1090]) {
      clock.nowMs = atMs
      keyboard.press('Alt+D')
    }

    expect(heard).toEqual(['pressed', 'released'])
  })

  test('two quick taps are two presses and two releases', async () => {
    const { keyboard, clock, heard } = await deskForHolding()

    for (const atMs of [0, 150]) {
      clock.nowMs = atMs
      keyboard.press('Alt+D')
      clock.nowMs = atMs + 60
      keyboard.letGo()
    }

    expect(heard).toEqual(['pressed', 'released', 'pressed', 'released'])
  })

  test('a release that nobody saw comes with the next press', async () => {
    const { keyboard, clock, heard } = await deskForHolding()
    keyboard.press('Alt+D')

    clock.nowMs = 3000
    keyboard.press('Alt+D')
    keyboard.letGo()

    expect(heard).toEqual(['pressed', 'released'])
  })

  test('where releases are never told it toggles, and that is told', async () => {
    const { keyboard, clock, heard, hotkeys } = await deskForHolding(false)

    for (const atMs of [0, 660, 690, 1500]) {
      clock.nowMs = atMs
      keyboard.press('Alt+D')
    }

    expect(heard).toEqual(['cannot be held', 'pressed', 'pressed'])
    expect(hotkeys.canHold).toBe(false)
  })

  test('one whose release is not told today toggles until it is', async () => {
    const { keyboard, clock, heard } = await deskForHolding()
    keyboard.tellsReleases = false
    keyboard.press('Alt+D')
    clock.nowMs = 660
    keyboard.press('Alt+D') // repeats
    keyboard.tellsReleases = true

    clock.nowMs = 2000
    keyboard.press('Alt+D')
    keyboard.letGo()

    expect(heard).toEqual(['pressed', 'cannot be held', 'pressed', 'can be held', 'released'])
  })

  test('chosen to toggle while it is held, its release is not told, and repeats are none', async () => {
    const { keyboard, clock, heard, hotkeys } = await deskForHolding()
    keyboard.press('Alt+D')
    clock.nowMs = 660
    keyboard.press('Alt+D')

    hotkeys.hold(false)
    const watched = keyboard.watched
    for (const atMs of [690, 720, 2000]) {
      clock.nowMs = atMs
      keyboard.press('Alt+D')
    }

    expect(watched).toBeUndefined()
    expect(heard).toEqual(['pressed', 'pressed'])
  })

  test.each<[string, (hotkeys: Hotkeys) => void]>([
    ['paused', (hotkeys) => hotkeys.pause()],
    ['closed', (hotkeys) => hotkeys.close()],
    ['another', (hotkeys) => hotkeys.use('Alt+E')],
    ['none', (hotkeys) => hotkeys.use('')],
  ])('it is released when it is %s meanwhile', async (_, act) => {
    const { keyboard, heard, hotkeys } = await deskForHolding()
    keyboard.press('Alt+D')

    act(hotkeys)

    expect(heard).toEqual(['pressed', 'released'])
    expect(keyboard.watched).toBeUndefined()
  })
})

test('closing leaves nothing registered', () => {
  const { keyboard, hotkeys } = desk()
  hotkeys.use('Alt+D')

  hotkeys.close()

  expect(keyboard.registered).toEqual([])
})
