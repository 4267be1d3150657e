import { describe, expect, test } from 'vitest'
import { type Clipboard, ClipboardError, type Content, textOnly } from './clipboard'
import { Inserter } from './inserter'
import { elsewhere, type Keystroke, noPasteTool, type PasteTool } from './paste-tool'
import { MemoryClipboard } from './testing'

const PASTE = { insertion: 'paste', restore_clipboard: true } as const

/** A window that takes what is on the clipboard at the keystroke. */
class Editor implements PasteTool {
  text = ''
  keystroke: Keystroke = { kind: 'sent' }
  readonly #clipboard: MemoryClipboard

  constructor(clipboard: MemoryClipboard) {
    this.#clipboard = clipboard
  }

  async paste(): Promise<Keystroke> {
    if (this.keystroke.kind === 'sent') this.text += this.#clipboard.content.text
    return this.keystroke
  }
}

function desk(before: Content, whileWaiting: (clipboard: MemoryClipboard) => void = () => {}) {
  const clipboard = new MemoryClipboard(before)
  const editor = new Editor(clipboard)
  const wait = async () => whileWaiting(clipboard)
  return { clipboard, editor, inserter: new Inserter({ clipboard, pasteTool: editor, wait }) }
}

describe('pasting', () => {
  test('a text arrives and the clipboard holds in all formats what it held before', async () => {
    const image = new Uint8Array([137, 80, 78, 71])
    const before = { text: 'old', html: '<b>old</b>', rtf: '{\\rtf1 old}', image, others: [] }
    const { clipboard, editor, inserter } = desk(before)

    const receipt = await inserter.insert('new', PASTE)

    expect(receipt).toEqual({ kind: 'pasted', clipboardRestored: true })
    expect(editor.text).toBe('new')
    expect(clipboard.content).toEqual(before)
  })

  test('with a window of Sotto in front nothing is pasted, and the text waits', async () => {
    let isOurs = true
    const clipboard = new MemoryClipboard(textOnly('old'))
    const editor = new Editor(clipboard)
    const pasteTool = elsewhere(editor, () => isOurs)
    const inserter = new Inserter({ clipboard, pasteTool, wait: async () => {} })

    const receipt = await inserter.insert('new', PASTE)
    isOurs = false
    const next = await inserter.insert('newer', PASTE)

    expect(receipt).toMatchObject({ kind: 'copied', why: 'own-window' })
    expect(next).toMatchObject({ kind: 'pasted' })
    expect(editor.text).toBe('newer')
    expect(clipboard.content).toEqual(textOnly('new'))
  })

  test('an empty clipboard is empty again', async () => {
    const { clipboard, inserter } = desk(textOnly(''))

    const receipt = await inserter.insert('new', PASTE)

    expect(receipt).toEqual({ kind: 'pasted', clipboardRestored: true })
    expect(clipboard.content).toEqual(textOnly(''))
  })

  test('what somebody copies meanwhile stays', async () => {
    const { clipboard, inserter } = desk(textOnly('old'), (clipboard) => {
      clipboard.content = textOnly('copied meanwhile')
    })

    const receipt = await inserter.insert('new', PASTE)

    expect(receipt).toEqual({ kind: 'pasted', clipboardRestored: false })
    expect(clipboard.content.text).toBe('copied meanwhile')
  })

  test('the same words copied with their formats are somebody else’s, too', async () => {
    const copied = { ...textOnly('new'), html: '<i>new</i>' }
    const { clipboard, inserter } = desk(textOnly('old'), (clipboard) => {
      clipboard.content = copied
    })

    const receipt = await inserter.insert('new', PASTE)

    expect(receipt).toEqual({ kind: 'pasted', clipboardRestored: false })
    expect(clipboard.content).toEqual(copied)
  })

  test('line ends that the system changed do not keep the old clipboard away', async () => {
    const { clipboard, inserter } = desk(textOnly('old'), (clipboard) => {
      clipboard.content = textOnly('one\r\ntwo')
    })

    const receipt = await inserter.insert('one\ntwo', PASTE)

    expect(receipt).toEqual({ kind: 'pasted', clipboardRestored: true })
    expect(clipboard.content.text).toBe('old')
  })

  test('copied files cannot be put back, and the receipt says so', async () => {
    const { clipboard, inserter } = desk({ ...textOnly(''), others: ['text/uri-list'] })

    const receipt = await inserter.insert('new', PASTE)

    expect(receipt).toEqual({ kind: 'pasted', clipboardRestored: false })
    expect(clipboard.content.text).toBe('new')
  })

  test('the text stays on the clipboard where nobody wants the old one back', async () => {
    const { clipboard, inserter } = desk(textOnly('old'))

    const receipt = await inserter.insert('new', { insertion: 'paste', restore_clipboard: false })

    expect(receipt).toEqual({ kind: 'pasted', clipboardRestored: false })
    expect(clipboard.content.text).toBe('new')
  })

  test('two texts at once are pasted one after the other', async () => {
    const { clipboard, editor, inserter } = desk(textOnly('old'))

    const receipts = await Promise.all([
      inserter.insert('one ', PASTE),
      inserter.insert('two', PASTE),
    ])

    expect(editor.text).toBe('one two')
    expect(receipts.map((receipt) => receipt.kind)).toEqual(['pasted', 'pasted'])
    expect(clipboard.content.text).toBe('old')
  })

  test('idle comes after the clipboard was put back', async () => {
    const { clipboard, inserter } = desk(textOnly('old'))
    void inserter.insert('new', PASTE)

    await inserter.idle()

    expect(clipboard.content.text).toBe('old')
  })
})

describe('when the keystroke does not work', () => {
  test.each(['no-paste-tool', 'not-permitted', 'paste-failed'] as const)(
    'the text is copied instead, and the receipt says why: %s',
    async (why) => {
      const { clipboard, editor, inserter } = desk(textOnly('old'))
      editor.keystroke = { kind: why, detail: 'Do this.' }

      const receipt = await inserter.insert('new', PASTE)

      expect(receipt).toEqual({ kind: 'copied', why, detail: 'Do this.' })
      expect(clipboard.content.text).toBe('new')
    },
  )
})

describe('when another program holds the clipboard', () => {
  test('it is asked again', async () => {
    const { clipboard, editor, inserter } = desk(textOnly('old'))
    clipboard.held = 3

    const receipt = await inserter.insert('new', PASTE)

    expect(editor.text).toBe('new')
    // It could not be read before, so there is nothing to put back.
    expect(receipt).toEqual({ kind: 'pasted', clipboardRestored: false })
  })

  test('nothing is pasted: that would be the old text', async () => {
    const { clipboard, editor, inserter } = desk(textOnly('old'))
    clipboard.held = 1000

    const receipt = await inserter.insert('new', PASTE)

    expect(editor.text).toBe('')
    expect(receipt).toMatchObject({ kind: 'failed', error: { kind: 'CLIPBOARD_FAILED' } })
  })

  test('the next text is pasted when it is free again', async () => {
    const { clipboard, editor, inserter } = desk(textOnly('old'))
    clipboard.held = 1000
    await inserter.insert('lost', PASTE)
    clipboard.held = 0

    const receipt = await inserter.insert('new', PASTE)

    expect(editor.text).toBe('new')
    expect(receipt.kind).toBe('pasted')
  })
})

describe('in a browser', () => {
  const wait = async () => {}

  test('a text is copied, though nobody can read the clipboard and press keys', async () => {
    const written: string[] = []
    const clipboard: Clipboard = {
      read: async () => null,
      write: async ({ text }) => void written.push(text),
    }
    const inserter = new Inserter({ clipboard, pasteTool: noPasteTool, wait })

    const receipt = await inserter.insert('new', PASTE)

    expect(receipt).toMatchObject({ kind: 'copied', why: 'no-paste-tool' })
    expect(written).toEqual(['new'])
  })

  test('a refusal is told as it is, and at once', async () => {
    let writes = 0
    const clipboard: Clipboard = {
      read: async () => null,
      write: async () => {
        writes += 1
        throw new ClipboardError('NOT_SUPPORTED', 'Click into the page, then copy again.')
      },
    }
    const inserter = new Inserter({ clipboard, pasteTool: noPasteTool, wait })

    const receipt = await inserter.copy('new')

    expect(receipt).toEqual({
      kind: 'failed',
      error: {
        kind: 'NOT_SUPPORTED',
        message: 'Click into the page, then copy again.',
        retryable: false,
      },
    })
    expect(writes).toBe(1)
  })
})

describe('without pasting', () => {
  test('copying leaves the text on the clipboard', async () => {
    const { clipboard, editor, inserter } = desk(textOnly('old'))

    const receipt = await inserter.insert('new', { insertion: 'copy', restore_clipboard: true })

    expect(receipt).toEqual({ kind: 'copied', why: 'asked' })
    expect(clipboard.content.text).toBe('new')
    expect(editor.text).toBe('')
  })

  test.each([
    ['new', 'none'],
    ['', 'paste'],
    ['', 'copy'],
  ] as const)('%j with %s touches nothing', async (text, insertion) => {
    const { clipboard, editor, inserter } = desk(textOnly('old'))

    const receipt = await inserter.insert(text, { insertion, restore_clipboard: true })

    expect(receipt).toEqual({ kind: 'none' })
    expect(clipboard.content.text).toBe('old')
    expect(editor.text).toBe('')
  })
})
