// What holds for the main window and the floating one: the stores, colours and language.

import { type ReactNode, useEffect, useSyncExternalStore } from 'react'
import { getLocale, onLocale } from './i18n'
import { goTo } from './route'
import { type App, AppContext, useReadable } from './store'
import { applyAppearance } from './theme/appearance'

interface PageRootProps {
  readonly app: App
  /** A function, so that every sentence is read anew when the language changes. */
  readonly children: () => ReactNode
}

export function PageRoot({ app, children }: PageRootProps) {
  useSyncExternalStore(onLocale, getLocale)
  const preferences = useReadable(app.preferences)
  useEffect(() => {
    if (preferences !== null) applyAppearance(preferences)
  }, [preferences])
  useEffect(() => app.api.on('surface:show', (surface) => goTo(surface)), [app])
  return <AppContext value={app}>{children()}</AppContext>
}
