import type { Preferences } from '../../../shared/protocol'
import { t } from '../../i18n'
import { useHost } from '../../store'
import { SelectSetting, SwitchSetting, useChange } from './setting'

const INSERTIONS = ['paste', 'copy', 'none'] as const

export function InsertionSection({ preferences }: { preferences: Preferences }) {
  const change = useChange()
  const canPaste = useHost()?.can.paste ?? true
  const isPasted = preferences.insertion === 'paste'
  return (
    <>
      <SelectSetting
        label={t('settings.what-happens')}
        hint={t(isPasted && !canPaste ? 'settings.no-paste' : 'settings.what-happens-hint')}
        value={preferences.insertion}
        choices={INSERTIONS.map((value) => ({ value, label: t(`settings.insertion.${value}`) }))}
        onChoose={(insertion) => change({ insertion })}
      />
      <SwitchSetting
        label={t('settings.restore')}
        hint={t('settings.restore-hint')}
        checked={preferences.restore_clipboard}
        disabled={!isPasted || !canPaste}
        onSwitch={(restore_clipboard) => change({ restore_clipboard })}
      />
    </>
  )
}
