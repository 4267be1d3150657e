// Private mode, as its host has it: another window or the tray may switch it.

import { useEffect, useState } from 'react'
import { useApp } from '../../store'
import { useComplain } from '../errors'

export interface PrivateMode {
  readonly isOn: boolean
  readonly set: (isOn: boolean) => void
}

export function usePrivateMode(): PrivateMode {
  const { api } = useApp()
  const complain = useComplain()
  const [isOn, setOn] = useState(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: complain is another function each time
  useEffect(() => {
    api.privacy.get().then(setOn, complain)
    return api.on('private:changed', setOn)
  }, [api])
  return { isOn, set: (on) => void api.privacy.set(on).catch(complain) }
}
