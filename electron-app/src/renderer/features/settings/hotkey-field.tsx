// Records a hotkey as it is pressed, and keeps it if no other program has it.

import { type KeyboardEvent, useEffect, useState } from 'react'
import { t } from '../../i18n'
import { asAppError, useApp, useHost } from '../../store'
import { IconButton } from '../../ui'
import { CloseIcon } from '../../ui/icons'
import { describe, useComplain } from '../errors'
import { acceleratorOf, keyLabels } from './accelerator'

interface HotkeyFieldProps {
  readonly id: string
  readonly 'aria-describedby': string
  readonly value: string
  readonly onChange: (accelerator: string) => void
}

export function HotkeyField({ value, onChange, ...control }: HotkeyFieldProps) {
  const { api } = useApp()
  const isMac = useHost()?.platform === 'darwin'
  const [isListening, setListening] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const works = useHotkeyWorks()
  usePausedHotkey(isListening)

  const isTaken = (accelerator: string) =>
    t('settings.hotkey-taken', { keys: keyLabels(accelerator, isMac).join(' ') })
  const keep = async (accelerator: string) => {
    setListening(false)
    try {
      const isFree = accelerator === value || (await api.hotkey.try(accelerator))
      if (isFree) onChange(accelerator)
      else setProblem(isTaken(accelerator))
    } catch (reason) {
      setProblem(describe(asAppError(reason)).cause)
    }
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (!isListening || event.nativeEvent.isComposing) return
    // Whoever wants to leave by keyboard must be able to.
    if (event.key === 'Tab' && !event.ctrlKey && !event.altKey && !event.metaKey) return
    event.preventDefault()
    if (event.key === 'Escape') return setListening(false)
    const pressed = acceleratorOf(event.nativeEvent, isMac)
    if (pressed.kind === 'weak') setProblem(t('settings.hotkey-weak'))
    if (pressed.kind === 'accelerator') void keep(pressed.accelerator)
  }
  const listen = () => {
    setProblem(null)
    setListening(true)
  }
  return (
    <div className="hotkey">
      <div className="row">
        <button
          type="button"
          className={isListening ? 'input hotkey-keys hotkey-listening' : 'input hotkey-keys'}
          {...control}
          onClick={listen}
          onKeyDown={onKeyDown}
          onBlur={() => setListening(false)}
        >
          {isListening ? (
            t('settings.hotkey-listening')
          ) : (
            <Keys accelerator={value} isMac={isMac} />
          )}
        </button>
        {value === '' ? null : (
          <IconButton label={t('settings.hotkey-remove')} onClick={() => onChange('')}>
            <CloseIcon />
          </IconButton>
        )}
      </div>
      <p className="field-error" role="alert">
        {problem ?? (works || value === '' ? null : isTaken(value))}
      </p>
    </div>
  )
}

/** The keys of a hotkey, one by one. */
export function Keys({ accelerator, isMac }: { accelerator: string; isMac: boolean }) {
  if (accelerator === '') return t('settings.hotkey-none')
  return keyLabels(accelerator, isMac).map((label) => <kbd key={label}>{label}</kbd>)
}

/** Another program may have had the hotkey before Sotto started, or take it later. */
function useHotkeyWorks(): boolean {
  const { api } = useApp()
  const complain = useComplain()
  const [works, setWorks] = useState(true)
  // biome-ignore lint/correctness/useExhaustiveDependencies: complain is another function each time
  useEffect(() => {
    api.hotkey.works().then(setWorks, complain)
    return api.on('hotkey:works', setWorks)
  }, [api])
  return works
}

/** Else the old hotkey, pressed once more, would begin a dictation. */
function usePausedHotkey(isPaused: boolean): void {
  const { api } = useApp()
  const complain = useComplain()
  // biome-ignore lint/correctness/useExhaustiveDependencies: complain is another function each time
  useEffect(() => {
    if (!isPaused) return
    api.hotkey.pause(true).catch(complain)
    return () => void api.hotkey.pause(false).catch(complain)
  }, [api, isPaused])
}
