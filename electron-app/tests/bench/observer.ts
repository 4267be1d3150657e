// Notes in the page when it draws and shows something, as one who looks at the screen would.

import type { Page } from 'playwright-core'

export interface Drawn {
  readonly clickedAt: number
  /** The first bar of real samples was drawn. */
  readonly frameAt: number
  /** From the end of the sound that a peak stands for to the end of the frame that shows it. */
  readonly lagsMs: readonly number[]
}

export interface Shown {
  readonly texts: readonly { readonly text: string; readonly at: number }[]
  readonly clickedAt: number
}

/** For `addInitScript`: a whole program, since it runs in the page. Times are Unix time in ms. */
export function observe(): void {
  const page = globalThis as unknown as {
    noted: { clickedAt: number; frameAt: number; lags: number[]; texts: object[] }
    document: EventTarget & { querySelector(selector: string): { textContent: string } | null }
    AudioWorkletNode: new (...all: never[]) => { port: EventTarget }
    CanvasRenderingContext2D: { prototype: { fill(): void; roundRect(...all: unknown[]): void } }
    MutationObserver: new (heard: () => void) => { observe(node: unknown, options: object): void }
  }
  const PEAK_MS = 16
  const now = () => performance.timeOrigin + performance.now()
  const fresh = () => ({ clickedAt: now(), frameAt: 0, lags: [], texts: [] })
  page.noted = fresh()
  let waiting: number[] = []
  page.document.addEventListener(
    'click',
    () => {
      // A click that stops begins nothing anew.
      const { texts } = page.noted
      page.noted = { ...fresh(), texts }
      waiting = []
    },
    { capture: true },
  )

  const { AudioWorkletNode } = page
  page.AudioWorkletNode = class extends AudioWorkletNode {
    constructor(...all: never[]) {
      super(...all)
      this.port.addEventListener('message', (event) => {
        if (typeof (event as MessageEvent).data === 'number') waiting.push(now())
      })
    }
  }
  const { prototype } = page.CanvasRenderingContext2D
  const { fill, roundRect } = prototype
  let hasBars = false
  prototype.roundRect = function (...all) {
    hasBars = true
    roundRect.apply(this, all)
  }
  prototype.fill = function () {
    fill.apply(this)
    if (!hasBars) return
    hasBars = false
    const at = now()
    page.noted.frameAt ||= at
    page.noted.lags.push(...waiting.map((came) => at - came + PEAK_MS))
    waiting = []
  }

  let last = ''
  const look = () => {
    const text = page.document.querySelector('.live-text p')?.textContent ?? ''
    if (text !== last) page.noted.texts.push({ text, at: now() })
    last = text
  }
  new page.MutationObserver(look).observe(page.document, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
  })
}

export function drawn(page: Page): Promise<Drawn> {
  return page.evaluate(
    '({ clickedAt: noted.clickedAt, frameAt: noted.frameAt, lagsMs: noted.lags })',
  )
}

/** Since the click that started; the click is the one that stopped. */
export function shownAt(page: Page): Promise<Shown> {
  return page.evaluate(
    '(() => { const { texts, clickedAt } = noted; noted.texts = []; return { texts, clickedAt } })()',
  )
}
