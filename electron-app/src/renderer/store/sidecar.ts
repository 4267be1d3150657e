// How the sidecar and its engines are.

import type { SottoApi } from '../../shared/api'
import type { EngineStatus, SidecarStatus } from '../../shared/ipc'
import { cell, type Readable } from './cell'

export function sidecarStore(api: SottoApi): Readable<SidecarStatus> & { load(): Promise<void> } {
  const status = cell<SidecarStatus>({ state: 'starting' })
  api.on('sidecar:status', status.set)
  return {
    get: status.get,
    subscribe: status.subscribe,
    load: async () => status.set(await api.sidecar.status()),
  }
}

export function enginesStore(
  api: SottoApi,
): Readable<EngineStatus | null> & { load(): Promise<void> } {
  const engines = cell<EngineStatus | null>(null)
  const load = async () => engines.set(await api.engines.list())
  api.on('engine:state', ({ engine, state }) => {
    const known = engines.get()
    if (known === null) return
    engines.set({
      ...known,
      engines: known.engines.map((one) => (one.id === engine ? { ...one, state } : one)),
    })
  })
  return { get: engines.get, subscribe: engines.subscribe, load }
}
