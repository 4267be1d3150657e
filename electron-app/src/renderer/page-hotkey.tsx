// The hotkey where the host has none for all programs: it works while the page is in front.

import { useEffect, useRef } from 'react'
import { useRecording } from './features/recording'
import { acceleratorOf } from './features/settings/accelerator'
import { useHost, usePreferences } from './store'

/** Shows nothing; a component of its own, since it renders as often as a recording changes. */
export function PageHotkey(): null {
  const host = useHost()
  const preferences = usePreferences()
  const recording = useRecording()
  // Listeners stay while a recording goes on, and see it as it is.
  const latest = useRef(recording)
  latest.current = recording

  const hotkey = host?.can.hotkey === false ? preferences?.hotkey : ''
  const isMac = host?.platform === 'darwin'
  const isHeld = preferences?.activation === 'hold'
  useEffect(() => {
    if (!hotkey) return
    let heldCode: string | null = null
    const press = (event: KeyboardEvent) => {
      const pressed = acceleratorOf(event, isMac)
      // Whoever handles the key by itself, the field for a new hotkey say, has prevented it.
      if (event.defaultPrevented || pressed.kind !== 'accelerator') return
      if (pressed.accelerator !== hotkey) return
      event.preventDefault()
      if (event.repeat) return
      if (!isHeld) return latest.current.toggle()
      heldCode = event.code
      latest.current.hold()
    }
    const release = (event: KeyboardEvent) => {
      if (event.code !== heldCode) return
      heldCode = null
      latest.current.letGo()
    }
    addEventListener('keydown', press)
    addEventListener('keyup', release)
    return () => {
      removeEventListener('keydown', press)
      removeEventListener('keyup', release)
    }
  }, [hotkey, isHeld, isMac])
  return null
}
