// One recorder for a page: it outlives the panels that show it.

import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import { BrowserMicrophone } from '../../audio/capture'
import { chime } from '../../audio/chime'
import type { Microphone } from '../../audio/microphone'
import { useApp } from '../../store'
import { Recorder, type RecorderOptions } from './recorder'

const RecorderContext = createContext<Recorder | null>(null)

interface RecordingProviderProps {
  /** Hotkeys reach every page; only one of them begins a recording by it. */
  readonly startsByHotkey?: boolean
  readonly microphone?: Microphone
  readonly chime?: RecorderOptions['chime']
  readonly children: ReactNode
}

export function RecordingProvider(props: RecordingProviderProps) {
  const { api } = useApp()
  const [recorder] = useState(
    () =>
      new Recorder({
        host: api,
        microphone: props.microphone ?? new BrowserMicrophone(),
        startsByHotkey: props.startsByHotkey ?? false,
        chime: props.chime ?? chime,
      }),
  )
  useEffect(() => recorder.attach(), [recorder])
  return <RecorderContext value={recorder}>{props.children}</RecorderContext>
}

export function useRecorder(): Recorder {
  const recorder = useContext(RecorderContext)
  if (recorder === null) throw new Error('recordings are for components within a RecordingProvider')
  return recorder
}
