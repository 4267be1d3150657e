// The stores of one page, over its host.

import { createContext, useContext } from 'react'
import type { SottoApi } from '../../shared/api'
import type { HostInfo, SidecarStatus } from '../../shared/ipc'
import type { Preferences } from '../../shared/protocol'
import { cell, type Readable, useReadable } from './cell'
import { type HistoryStore, historyStore } from './history'
import { type ModelsStore, modelsStore } from './models'
import { type PreferencesStore, preferencesStore } from './preferences'
import { type RecordingsStore, recordingsStore } from './recordings'
import { enginesStore, sidecarStore } from './sidecar'
import { type ToastStore, toastStore } from './toasts'

export interface App {
  readonly api: SottoApi
  readonly host: Readable<HostInfo | null>
  readonly preferences: PreferencesStore
  readonly sidecar: ReturnType<typeof sidecarStore>
  readonly engines: ReturnType<typeof enginesStore>
  readonly history: HistoryStore
  readonly recordings: RecordingsStore
  readonly models: ModelsStore
  readonly toasts: ToastStore
}

/** What needs a sidecar is loaded once there is one, and again after each of its starts. */
export function makeApp(api: SottoApi): App {
  const host = cell<HostInfo | null>(null)
  const engines = enginesStore(api)
  const app = {
    api,
    host,
    preferences: preferencesStore(api),
    sidecar: sidecarStore(api),
    engines,
    history: historyStore(api),
    recordings: recordingsStore(api),
    models: modelsStore(api, () => void engines.load().catch(() => undefined)),
    toasts: toastStore(),
  }
  let wasReady = false
  const onStatus = () => {
    const isReady = app.sidecar.get().state === 'ready'
    if (isReady && !wasReady) {
      // Should the sidecar go away again meanwhile, its next start loads them.
      app.preferences.load().catch(() => undefined)
      app.engines.load().catch(() => undefined)
      app.recordings.load().catch(() => undefined)
    }
    wasReady = isReady
  }
  app.sidecar.subscribe(onStatus)
  app.sidecar.load().catch(() => undefined)
  api.on('host:info', host.set)
  api.host.info().then(host.set, () => undefined)
  return app
}

export const AppContext = createContext<App | null>(null)

export function useApp(): App {
  const app = useContext(AppContext)
  if (app === null) throw new Error('useApp is for components within an AppContext')
  return app
}

/** Null until they are known. */
export function usePreferences(): Preferences | null {
  return useReadable(useApp().preferences)
}

export function useSidecarStatus(): SidecarStatus {
  return useReadable(useApp().sidecar)
}

export function useHost(): HostInfo | null {
  return useReadable(useApp().host)
}
