import { useEffect, useState } from 'react'
import type { MicrophoneDevice } from '../../audio/microphone'
import { useRecorder } from './recording-context'
import { useRecording } from './use-recording'

/** The microphones of now. They have no names until the microphone was allowed once. */
export function useMicrophones(): { readonly devices: readonly MicrophoneDevice[] } {
  const { microphone } = useRecorder()
  const [devices, setDevices] = useState<readonly MicrophoneDevice[]>([])
  // Names come with the permission, which is there as soon as something was recorded.
  const isAllowed = useRecording().phase === 'recording'
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    let isShown = true
    const list = () =>
      void microphone.devices().then(
        (found) => isShown && setDevices(found),
        () => isShown && setDevices([]),
      )
    list()
    const off = microphone.onDevices(list)
    return () => {
      isShown = false
      off()
    }
  }, [microphone, isAllowed])
  return { devices }
}
