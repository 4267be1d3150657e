// One recorder for a page: it outlives the panels that show it.

import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import { BrowserMicrophone } from '../../audio/capture'
import type { Microphone } from '../../audio/microphone'
import { useApp } from '../../store'
import { Recorder } from './recorder'

const RecorderContext = createContext<Recorder | null>(null)

interface RecordingProviderProps {
  /** Hotkeys reach every page; only one of them begins a recording by it. */
  readonly startsByHotkey?: boolean
  readonly microphone?: Microphone
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
