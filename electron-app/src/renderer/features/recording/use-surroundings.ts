import { useHost, usePreferences } from '../../store'
import { keyLabels } from '../settings/accelerator'
import type { Surroundings } from './status-text'

export function useSurroundings(): Surroundings {
  const host = useHost()
  const hotkey = usePreferences()?.hotkey ?? ''
  const isKnown = host?.can.hotkey === true && hotkey !== ''
  return {
    // As keyboards name it.
    hotkey: isKnown ? keyLabels(hotkey, host.platform === 'darwin').join(' ') : '',
    canPaste: host?.can.paste ?? true,
  }
}
