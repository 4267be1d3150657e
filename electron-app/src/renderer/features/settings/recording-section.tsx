import type { Preferences } from '../../../shared/protocol'
import { t } from '../../i18n'
import { useHost } from '../../store'
import { useMicrophones } from '../recording'
import { HotkeyField } from './hotkey-field'
import { SelectSetting, Setting, SwitchSetting, useChange } from './setting'

const TAIL_STEP_MS = 50
const LONGEST_TAIL_MS = 2000
const MODES = ['live', 'batch'] as const
const ACTIVATIONS = ['toggle', 'hold'] as const

export function RecordingSection({ preferences }: { preferences: Preferences }) {
  const change = useChange()
  const can = useHost()?.can
  const cannotHold = can?.hotkey === true && !can.hold && preferences.activation === 'hold'
  return (
    <>
      <SelectSetting
        label={t('settings.mode')}
        hint={t('settings.mode-hint')}
        value={preferences.mode}
        choices={MODES.map((value) => ({ value, label: t(`settings.mode.${value}`) }))}
        onChoose={(mode) => change({ mode })}
      />
      <Setting
        label={t('settings.hotkey')}
        hint={t(can?.hotkey === false ? 'settings.hotkey-web' : 'settings.hotkey-hint')}
      >
        {(control) => (
          <HotkeyField
            {...control}
            value={preferences.hotkey}
            onChange={(hotkey) => change({ hotkey })}
          />
        )}
      </Setting>
      <SelectSetting
        label={t('settings.activation')}
        hint={t(cannotHold ? 'settings.activation-no-hold' : 'settings.activation-hint')}
        value={preferences.activation}
        choices={ACTIVATIONS.map((value) => ({ value, label: t(`settings.activation.${value}`) }))}
        onChoose={(activation) => change({ activation })}
      />
      <MicrophoneSetting
        value={preferences.microphone}
        onChoose={(microphone) => change({ microphone })}
      />
      <Setting label={t('settings.tail')} hint={t('settings.tail-hint')}>
        {(control) => (
          <div className="slider">
            <input
              {...control}
              type="range"
              min={0}
              max={LONGEST_TAIL_MS}
              step={TAIL_STEP_MS}
              value={preferences.tail_ms}
              onChange={(event) => change({ tail_ms: event.target.valueAsNumber })}
            />
            <output>{t('settings.tail-value', { count: preferences.tail_ms })}</output>
          </div>
        )}
      </Setting>
      <SwitchSetting
        label={t('settings.sounds')}
        hint={t('settings.sounds-hint')}
        checked={preferences.sounds}
        onSwitch={(sounds) => change({ sounds })}
      />
    </>
  )
}

interface MicrophoneSettingProps {
  readonly value: string
  readonly onChoose: (name: string) => void
}

function MicrophoneSetting(props: MicrophoneSettingProps) {
  const { devices } = useMicrophones()
  // Before the microphone was allowed once, the browser does not say their names.
  const named = devices.filter(({ label }) => label !== '')
  return (
    <SelectSetting
      label={t('settings.microphone')}
      hint={t('settings.microphone-hint')}
      choices={[
        { value: '', label: t('settings.microphone-system') },
        ...named.map(({ label }) => ({ value: label, label })),
      ]}
      {...props}
    />
  )
}
