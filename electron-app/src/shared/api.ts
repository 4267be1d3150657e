// What a page can do: one function for each use case, over whichever bridge leads to its host.

import type { Bridge, Invocation, Invocations, Push, Pushes } from './ipc'

type Arguments<C extends Invocation> = Parameters<Invocations[C]>
type Answer<C extends Invocation> = Promise<ReturnType<Invocations[C]>>

/** Every function that asks the host rejects with an `AppError`. */
export function makeApi(bridge: Bridge) {
  const use =
    <C extends Invocation>(channel: C) =>
    (...args: Arguments<C>): Answer<C> =>
      bridge.invoke(channel, ...args)

  return {
    host: { info: use('host:info') },
    sidecar: {
      status: use('sidecar:status'),
      restart: use('sidecar:restart'),
      report: use('sidecar:report'),
    },
    engines: { list: use('engines:list') },
    dictation: {
      open: use('dictation:open'),
      push: (dictation: number, pcm: ArrayBuffer): void => bridge.push(dictation, pcm),
      stop: use('dictation:stop'),
      cancel: use('dictation:cancel'),
      skipPolish: use('dictation:skip-polish'),
    },
    text: { insert: use('text:insert'), copy: use('text:copy') },
    recordings: {
      list: use('recordings:list'),
      recover: use('recordings:recover'),
      discard: use('recordings:discard'),
    },
    history: {
      list: use('history:list'),
      get: use('history:get'),
      update: use('history:update'),
      delete: use('history:delete'),
      audio: use('history:audio'),
      retranscribe: use('history:retranscribe'),
      export: use('history:export'),
    },
    work: { stop: use('work:stop') },
    models: {
      list: use('models:list'),
      install: use('models:install'),
      import: use('models:import'),
      verify: use('models:verify'),
      remove: use('models:remove'),
      stop: use('models:stop'),
      pickFolder: use('models:pick-folder'),
      speeds: use('models:speeds'),
    },
    config: { get: use('config:get'), set: use('config:set') },
    secrets: { hasKey: use('secrets:has-key'), setKey: use('secrets:set-key') },
    llm: { try: use('llm:try') },
    hotkey: {
      try: use('hotkey:try'),
      pause: use('hotkey:pause'),
      works: use('hotkey:works'),
    },
    privacy: { get: use('private:get'), set: use('private:set') },
    window: { show: use('window:show'), hidePill: use('window:hide-pill') },
    /** Hear what the host tells; returns what ends it. */
    on: <P extends Push>(channel: P, listener: (payload: Pushes[P]) => void): (() => void) =>
      bridge.on(channel, listener),
  } as const
}

export type SottoApi = ReturnType<typeof makeApi>

declare global {
  interface Window {
    /** Set before the page's own code runs: by the preload in Electron, else over the web bridge. */
    sotto: SottoApi
  }
}
