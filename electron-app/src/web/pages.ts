// All pages that are open.

import type { WebSocket } from 'ws'
import { CLOSE } from '../shared/frames'
import type { Push, Pushes } from '../shared/ipc'
import { Page, type PageParts } from './page'

export class Pages {
  readonly #pages = new Map<WebSocket, Page>()

  get count(): number {
    return this.#pages.size
  }

  add(socket: WebSocket, parts: PageParts): void {
    this.#pages.set(socket, new Page(socket, parts))
    socket.on('close', () => this.#pages.delete(socket))
  }

  tell<P extends Push>(channel: P, payload: Pushes[P]): void {
    for (const page of this.#pages.values()) page.tell(channel, payload)
  }

  /** Put a text on the clipboard, by the page that was used last or else another one. */
  async copy(text: string): Promise<boolean> {
    const pages = [...this.#pages.values()].sort((a, b) => b.lastUsedMs - a.lastUsedMs)
    for (const page of pages) {
      if (await page.copy(text)) return true
    }
    return false
  }

  closeAll(): void {
    for (const socket of this.#pages.keys()) socket.close(CLOSE.GOING_AWAY)
  }

  /** For those that did not answer. */
  cutOff(): void {
    for (const socket of this.#pages.keys()) socket.terminate()
  }
}
