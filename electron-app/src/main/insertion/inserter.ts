// Brings a text to where somebody writes: onto the clipboard, and from there to the cursor.

import type { Receipt } from '../../shared/ipc'
import type { Preferences } from '../../shared/protocol'
import {
  type Clipboard,
  ClipboardError,
  type Content,
  holdsOnly,
  isEmpty,
  isWhole,
  textOnly,
} from './clipboard'
import type { PasteTool } from './paste-tool'

export type InsertionPreferences = Pick<Preferences, 'insertion' | 'restore_clipboard'>

export interface InserterParts {
  readonly clipboard: Clipboard
  readonly pasteTool: PasteTool
  readonly wait: (ms: number) => Promise<void>
}

// No system says when a paste was taken. A program that is busy takes it late, and would then
// paste what had been on the clipboard before; to restore late harms nobody.
const RESTORE_AFTER_MS = 800
const WRITE_ATTEMPTS = 4
const WRITE_AGAIN_AFTER_MS = 60

/** Inserts and copies, one text after the other. Receipts say what happened, failures as well. */
export class Inserter {
  readonly #clipboard: Clipboard
  readonly #pasteTool: PasteTool
  readonly #wait: (ms: number) => Promise<void>
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: InserterParts) {
    this.#clipboard = parts.clipboard
    this.#pasteTool = parts.pasteTool
    this.#wait = parts.wait
  }

  /** As the preferences say. A receipt of a paste comes after the clipboard was put back. */
  insert(text: string, preferences: InsertionPreferences): Promise<Receipt> {
    if (text === '' || preferences.insertion === 'none') return Promise.resolve({ kind: 'none' })
    if (preferences.insertion === 'copy') return this.copy(text)
    return this.#inTurn(() => this.#paste(text, preferences.restore_clipboard))
  }

  copy(text: string): Promise<Receipt> {
    return this.#inTurn(async () => {
      await this.#put(text)
      return { kind: 'copied', why: 'asked' }
    })
  }

  /** Settles when no text is under way; whoever quits earlier leaves a text on the clipboard. */
  async idle(): Promise<void> {
    await this.#last
  }

  /** Two texts at once would overwrite each other, and what was on the clipboard before. */
  #inTurn(act: () => Promise<Receipt>): Promise<Receipt> {
    const receipt = this.#last.then(act).catch(failed)
    this.#last = receipt.catch(() => {}) // it is told to who asked
    return receipt
  }

  async #paste(text: string, isToRestore: boolean): Promise<Receipt> {
    const before = isToRestore ? await this.#clipboard.read().catch(() => null) : null
    await this.#put(text)
    const keystroke = await this.#pasteTool.paste()
    if (keystroke.kind !== 'sent') {
      return { kind: 'copied', why: keystroke.kind, detail: keystroke.detail }
    }
    const clipboardRestored = before !== null && (await this.#restore(before, text))
    return { kind: 'pasted', clipboardRestored }
  }

  /** Put the text on the clipboard and look: a keystroke now would paste what is there. */
  async #put(text: string): Promise<void> {
    for (let attempt = 1; attempt <= WRITE_ATTEMPTS; attempt += 1) {
      if (attempt > 1) await this.#wait(WRITE_AGAIN_AFTER_MS)
      if (await this.#tryPut(text)) return
    }
    throw new ClipboardError(
      'CLIPBOARD_FAILED',
      'The clipboard is held by another program. Copy the text again in a moment.',
    )
  }

  async #tryPut(text: string): Promise<boolean> {
    try {
      await this.#clipboard.write(textOnly(text))
      const now = await this.#clipboard.read()
      return now === null || holdsOnly(now, text)
    } catch (error) {
      if (error instanceof ClipboardError && !error.retryable) throw error
      return false // on Windows one program at a time may have it open
    }
  }

  /** Returns whether everything is as before. The text was pasted, so no trouble here is told. */
  async #restore(before: Content, text: string): Promise<boolean> {
    await this.#wait(RESTORE_AFTER_MS)
    try {
      const now = await this.#clipboard.read()
      if (now === null || !holdsOnly(now, text)) return false // somebody copied something meanwhile: that is theirs
      if (isEmpty(before) && !isWhole(before)) return false // nothing that could be put back
      await this.#clipboard.write(before)
      return isWhole(before)
    } catch {
      return false
    }
  }
}

function failed(error: unknown): Receipt {
  if (!(error instanceof ClipboardError)) throw error // a mistake of ours
  const { kind, message, retryable } = error
  return { kind: 'failed', error: { kind, message, retryable } }
}
