// In real windows of a real X server; skipped where its programs are not installed.

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { textOnly } from './clipboard'
import { Inserter } from './inserter'
import { Display, missingForX11, type Window, XClipboard } from './testing'
import { x11PasteTool } from './x11'

const PASTE = { insertion: 'paste', restore_clipboard: true } as const
const TEXT = 'So this is it,\nand 这是中文。'
// A terminal sends a line end as Return.
const TYPED = TEXT.replace('\n', '\r')
const DEADLINE_MS = 60_000

const missing = missingForX11()
if (missing.length > 0) console.warn(`Not tested in real windows: ${missing.join(', ')} missing`)

describe.skipIf(missing.length > 0)('on X11', { timeout: DEADLINE_MS }, () => {
  let display: Display
  let clipboard: XClipboard

  beforeAll(async () => {
    display = await Display.open()
    clipboard = new XClipboard(display)
  }, DEADLINE_MS)

  afterAll(() => display.close(), DEADLINE_MS)

  beforeEach(() => clipboard.write(textOnly('old')))

  /** Waits for the paste itself, however long this machine takes. */
  function inserterFor(window: Window): Inserter {
    const wait = async () => {
      while ((await window.text()) === '') await sleep(20)
    }
    return new Inserter({ clipboard, pasteTool: x11PasteTool(display.run), wait })
  }

  test('a text arrives in the window, and the old clipboard is back', async () => {
    const window = await display.window('Editor', 'Ctrl<Key>v')

    const receipt = await inserterFor(window).insert(TEXT, PASTE)

    expect(receipt).toEqual({ kind: 'pasted', clipboardRestored: true })
    expect(await window.text()).toBe(TYPED)
    expect((await clipboard.read()).text).toBe('old')
  })

  test('a picture that had been copied is back', async () => {
    const window = await display.window('Painter', 'Ctrl<Key>v')
    const picture = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10, 0, 255])
    await clipboard.write({ ...textOnly(''), image: picture })

    const receipt = await inserterFor(window).insert(TEXT, PASTE)

    expect(receipt).toEqual({ kind: 'pasted', clipboardRestored: true })
    expect((await clipboard.read()).image).toEqual(picture)
  })

  test('a terminal gets the keystroke that pastes in terminals', async () => {
    const window = await display.window('Gnome-terminal', 'Ctrl Shift<Key>v')

    const receipt = await inserterFor(window).insert(TEXT, PASTE)

    expect(receipt).toEqual({ kind: 'pasted', clipboardRestored: true })
    expect(await window.text()).toBe(TYPED)
  })

  test('in a terminal that cannot paste the clipboard the text is copied instead', async () => {
    const window = await display.window('XTerm', 'Ctrl<Key>F12')

    const receipt = await inserterFor(window).insert(TEXT, PASTE)

    expect(receipt).toMatchObject({ kind: 'copied', why: 'paste-failed' })
    expect((await clipboard.read()).text).toBe(TEXT)
  })
})
