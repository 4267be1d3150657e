import type { Preferences } from '../../../shared/protocol'
import { engineName, languageName, t } from '../../i18n'
import { hrefOf } from '../../route'
import { useApp, useReadable } from '../../store'
import { HotwordsEditor } from './hotwords-editor'
import { SelectSetting, useChange } from './setting'

/** Offered where the engine does not say what it understands. */
const SPOKEN =
  'zh yue en ja ko de fr es pt it ru ar hi id th vi tr ms fil nl sv da fi pl cs hu el ro mk fa'

export function EngineSection({ preferences }: { preferences: Preferences }) {
  const change = useChange()
  const status = useReadable(useApp().engines)
  const engines = status?.engines ?? []
  const used = preferences.engine || status?.defaultEngine
  const understood = engines.find(({ id }) => id === used)?.caps?.languages ?? []
  const languages = understood.length > 0 ? understood : SPOKEN.split(' ')
  return (
    <>
      <SelectSetting
        label={t('settings.engine-choice')}
        hint={
          <>
            {t('settings.engine-hint')} <a href={hrefOf('models')}>{t('settings.engine-models')}</a>
          </>
        }
        value={preferences.engine}
        choices={[
          {
            value: '',
            label: t('settings.engine-default', {
              engine: engineName(status?.defaultEngine ?? ''),
            }),
          },
          ...engines.map(({ id }) => ({ value: id, label: engineName(id) })),
        ]}
        onChoose={(engine) => change({ engine })}
      />
      <SelectSetting
        label={t('settings.language')}
        hint={t('settings.language-hint')}
        value={preferences.language}
        choices={[
          { value: '', label: t('settings.language-auto') },
          ...languages.map((value) => ({ value, label: languageName(value) })),
        ]}
        onChoose={(language) => change({ language })}
      />
      <HotwordsEditor words={preferences.hotwords} onChange={(hotwords) => change({ hotwords })} />
    </>
  )
}
