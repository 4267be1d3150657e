import type { Preferences } from '../../../shared/protocol'
import { t } from '../../i18n'
import { SelectSetting, useChange } from './setting'

const THEMES = ['system', 'light', 'dark'] as const
const LANGUAGES = ['system', 'en', 'zh'] as const

export function AppearanceSection({ preferences }: { preferences: Preferences }) {
  const change = useChange()
  return (
    <>
      <SelectSetting
        label={t('settings.theme')}
        hint={t('settings.theme-hint')}
        value={preferences.theme}
        choices={THEMES.map((value) => ({ value, label: t(`settings.theme.${value}`) }))}
        onChoose={(theme) => change({ theme })}
      />
      <SelectSetting
        label={t('settings.ui-language')}
        hint={t('settings.ui-language-hint')}
        value={preferences.ui_language}
        choices={LANGUAGES.map((value) => ({ value, label: t(`settings.ui-language.${value}`) }))}
        onChoose={(ui_language) => change({ ui_language })}
      />
    </>
  )
}
