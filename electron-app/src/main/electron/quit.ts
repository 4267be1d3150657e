// Leaving in order: Electron does not wait for promises when it quits.

import { app } from 'electron'

/** `leave` ends everything within its own limits; `kill` ends at once what must not stay. */
export function quitInOrder(leave: () => Promise<void>, kill: () => void): void {
  let isLeaving = false
  app.on('before-quit', (event) => {
    event.preventDefault()
    if (isLeaving) return
    isLeaving = true
    void leave().finally(() => {
      kill()
      app.exit(0)
    })
  })
  app.on('will-quit', kill) // the session ends, say, and nobody asked before
}
