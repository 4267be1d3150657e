// The clipboard of the web host: only a page can write it, and nobody may read it.

import { type Clipboard, ClipboardError, type Content } from '../main/insertion/clipboard'
import type { Pages } from './pages'

export class PageClipboard implements Clipboard {
  readonly #pages: Pick<Pages, 'copy'>

  constructor(pages: Pick<Pages, 'copy'>) {
    this.#pages = pages
  }

  read(): Promise<Content | null> {
    return Promise.resolve(null)
  }

  /** Resolves once the text is there. Rejects where no page was allowed to put it. */
  async write({ text }: Content): Promise<void> {
    if (await this.#pages.copy(text)) return
    throw new ClipboardError(
      'NOT_SUPPORTED',
      'The browser did not let the page copy. Select its window and press Copy.',
    )
  }
}
