// Text in the web host: there is no cursor of another program to insert at, and the clipboard is
// the page's to write.

import type { Inserter } from '../main/ipc/services'
import type { Receipt } from '../shared/ipc'
import type { Preferences } from '../shared/protocol'
import type { Pages } from './pages'

/** A receipt says `copied` only after the page did it. */
export class PageInserter implements Inserter {
  readonly #pages: Pick<Pages, 'copy'>

  constructor(pages: Pick<Pages, 'copy'>) {
    this.#pages = pages
  }

  async insert(text: string, { insertion }: Pick<Preferences, 'insertion'>): Promise<Receipt> {
    if (text === '' || insertion === 'none') return { kind: 'none' }
    return this.#copy(text, insertion === 'copy' ? 'asked' : 'no-paste-tool')
  }

  copy(text: string): Promise<Receipt> {
    return this.#copy(text, 'asked')
  }

  async #copy(text: string, why: 'asked' | 'no-paste-tool'): Promise<Receipt> {
    if (await this.#pages.copy(text)) return { kind: 'copied', why }
    const message = 'The browser did not let the page copy. Select its window and press Copy.'
    return { kind: 'failed', error: { kind: 'CLIPBOARD_FAILED', message, retryable: true } }
  }
}
