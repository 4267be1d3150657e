import { t } from '../../i18n'
import { useApp, usePreferences } from '../../store'
import { type Choice, Select } from '../../ui'
import { useComplain } from '../errors'
import { useMicrophones } from './use-microphones'

/** Chooses the microphone, also while recording: then what follows comes from the other one. */
export function MicrophonePicker({ id }: { id?: string }) {
  const { preferences } = useApp()
  const complain = useComplain()
  const chosen = usePreferences()?.microphone ?? ''
  const names = useMicrophones().devices.map(({ label }) => label)
  const choices: readonly Choice<string>[] = [
    { value: '', label: t('recording.microphone-system') },
    ...[...new Set(names)].filter(Boolean).map((name) => ({ value: name, label: name })),
  ]
  const choose = async (microphone: string) => {
    const error = await preferences.change({ microphone })
    if (error) complain(error)
  }
  return (
    <Select
      {...(id === undefined ? { 'aria-label': t('recording.microphone') } : { id })}
      value={chosen}
      choices={choices}
      onChoose={(value) => void choose(value)}
    />
  )
}
