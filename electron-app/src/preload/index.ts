// What a page gets of Electron: the functions of our api, and nothing below them.

import { contextBridge, ipcRenderer } from 'electron'
import { AUDIO, INVOKE, PUSH } from '../main/electron/channels'
import type { Envelope } from '../main/ipc/answer'
import { makeApi } from '../shared/api'
import type { Bridge, Push } from '../shared/ipc'

const listeners = new Map<Push, Set<(payload: never) => void>>()

ipcRenderer.on(PUSH, (_event, channel: Push, payload: unknown) => {
  for (const listener of listeners.get(channel) ?? []) listener(payload as never)
})

const bridge: Bridge = {
  invoke: async (channel, ...args) => {
    const envelope: Envelope = await ipcRenderer.invoke(INVOKE, channel, args)
    // A plain object: of an Error only the message would reach the page.
    if ('error' in envelope) throw envelope.error
    return envelope.ok as never
  },
  on: (channel, listener) => {
    const known = listeners.get(channel) ?? new Set()
    listeners.set(channel, known.add(listener))
    return () => known.delete(listener)
  },
  push: (dictation, pcm) => ipcRenderer.send(AUDIO, dictation, pcm),
}

contextBridge.exposeInMainWorld('sotto', makeApi(bridge))
