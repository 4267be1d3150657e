import { useState } from 'react'
import type { Preferences } from '../../../shared/protocol'
import { t } from '../../i18n'
import { useApp } from '../../store'
import { Button, Confirm } from '../../ui'
import { useComplain } from '../errors'
import { usePrivateMode } from '../privacy'
import { SelectSetting, Setting, SwitchSetting, useChange } from './setting'

const FOR_EVER = 36_500
const KEEP_AUDIO_DAYS = [0, 7, 30, 365, FOR_EVER] as const

export function PrivacySection({ preferences }: { preferences: Preferences }) {
  const change = useChange()
  return (
    <>
      <PrivateModeSetting />
      <SwitchSetting
        label={t('settings.keep-history')}
        hint={t('settings.keep-history-hint')}
        checked={preferences.keep_history}
        onSwitch={(keep_history) => change({ keep_history })}
      />
      <KeepAudioSetting
        days={preferences.keep_audio_days}
        onChange={(keep_audio_days) => change({ keep_audio_days })}
      />
      <DeleteAllSetting />
    </>
  )
}

function PrivateModeSetting() {
  const { isOn, set } = usePrivateMode()
  return (
    <SwitchSetting
      label={t('settings.private')}
      hint={t('settings.private-hint')}
      checked={isOn}
      onSwitch={set}
    />
  )
}

interface KeepAudioSettingProps {
  readonly days: number
  readonly onChange: (days: number) => void
}

function KeepAudioSetting({ days, onChange }: KeepAudioSettingProps) {
  const isListed = KEEP_AUDIO_DAYS.some((one) => one === days)
  return (
    <SelectSetting
      label={t('settings.keep-audio')}
      hint={t('settings.keep-audio-hint')}
      value={String(days)}
      choices={[
        ...KEEP_AUDIO_DAYS.map((one) => ({
          value: String(one),
          label: t(`settings.keep-audio.${one}`),
        })),
        ...(isListed
          ? []
          : [{ value: String(days), label: t('settings.keep-audio-days', { count: days }) }]),
      ]}
      onChoose={(chosen) => onChange(Number(chosen))}
    />
  )
}

function DeleteAllSetting() {
  const { history, toasts } = useApp()
  const complain = useComplain()
  const [isAsking, setAsking] = useState(false)
  const deleteAll = async () => {
    const count = await history.removeAll()
    toasts.show({ text: t('settings.delete-all-done', { count }) })
  }
  return (
    <>
      <Setting label={t('settings.delete-all')} hint={t('settings.delete-all-hint')}>
        {(control) => (
          <Button variant="danger" {...control} onClick={() => setAsking(true)}>
            {t('settings.delete-all')}
          </Button>
        )}
      </Setting>
      {isAsking ? (
        <Confirm
          title={t('settings.delete-all-title')}
          text={t('settings.delete-all-text')}
          confirm={t('settings.delete-all')}
          onConfirm={() => void deleteAll().catch(complain)}
          onClose={() => setAsking(false)}
        />
      ) : null}
    </>
  )
}
