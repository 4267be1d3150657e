// One Sotto per person: a second start shows the first.

import { app } from 'electron'

/** False where another runs already: quit then, and do nothing before. */
export function isOnlyInstance(onSecondStart: () => void): boolean {
  if (!app.requestSingleInstanceLock()) return false
  app.on('second-instance', onSecondStart)
  return true
}
