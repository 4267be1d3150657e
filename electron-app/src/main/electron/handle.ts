// Electron's side of calls: only our own pages are served.

import { ipcMain, type WebContents, type WebFrameMain } from 'electron'
import type { Envelope } from '../ipc/answer'
import { Caller, type CallerParts } from '../ipc/caller'
import { AUDIO, INVOKE, ORIGIN } from './channels'

const REFUSED: Envelope = {
  error: { kind: 'UNAUTHORIZED', message: 'Only pages of Sotto are served.', retryable: false },
}

/** Serve calls and audio until the app ends. */
export function serveCalls(parts: CallerParts): void {
  const callers = new WeakMap<WebContents, Caller>()
  const callerOf = (page: WebContents): Caller => {
    const known = callers.get(page)
    if (known !== undefined) return known
    const caller = new Caller(parts)
    callers.set(page, caller)
    whenGone(page, () => {
      callers.delete(page)
      caller.gone()
    })
    return caller
  }

  ipcMain.handle(INVOKE, (event, channel: unknown, args: unknown) =>
    isOurs(event.senderFrame) ? callerOf(event.sender).call(channel, args) : REFUSED,
  )
  ipcMain.on(AUDIO, (event, dictation: unknown, pcm: unknown) => {
    if (isOurs(event.senderFrame)) callerOf(event.sender).push(dictation, pcm)
  })
}

/** A frame that was left already is null; a frame within a page is none of ours. */
function isOurs(frame: WebFrameMain | null): boolean {
  return frame !== null && frame.parent === null && frame.origin === ORIGIN
}

/** Its script is no more: closed, crashed or loaded again. Routes within the page do not count. */
function whenGone(page: WebContents, listener: () => void): void {
  const gone = (): void => {
    page.off('destroyed', gone)
    page.off('render-process-gone', gone)
    page.off('did-navigate', gone)
    listener()
  }
  page.on('destroyed', gone)
  page.on('render-process-gone', gone)
  page.on('did-navigate', gone)
}
