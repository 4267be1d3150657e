import type { Preferences } from '../../../shared/protocol'
import { t } from '../../i18n'
import { KeySetting } from './key-setting'
import { PolishTest } from './polish-test'
import { isServiceAddress } from './service-address'
import { Setting, SwitchSetting, useChange } from './setting'
import { TextSetting } from './text-setting'

export function CleaningSection({ preferences }: { preferences: Preferences }) {
  const change = useChange()
  const { polish, polish_min_chars, llm_url, llm_model } = preferences
  const check = (url: string) =>
    url === '' || isServiceAddress(url) ? null : t('settings.llm-url-bad')
  return (
    <>
      <SwitchSetting
        label={t('settings.polish')}
        hint={t('settings.polish-hint')}
        checked={polish}
        onSwitch={(isOn) => change({ polish: isOn })}
      />
      <TextSetting
        label={t('settings.llm-url')}
        hint={t('settings.llm-url-hint')}
        value={llm_url}
        maxLength={512}
        inputMode="url"
        check={check}
        onChange={(url) => change({ llm_url: url })}
      />
      <TextSetting
        label={t('settings.llm-model')}
        hint={t('settings.llm-model-hint')}
        value={llm_model}
        maxLength={256}
        onChange={(model) => change({ llm_model: model })}
      />
      <KeySetting />
      <PolishTest url={llm_url} model={llm_model} />
      <Setting label={t('settings.polish-min')} hint={t('settings.polish-min-hint')}>
        {(control) => (
          <input
            {...control}
            type="number"
            className="input number"
            min={0}
            max={10_000}
            value={polish_min_chars}
            onChange={({ target }) => {
              if (target.validity.valid && target.value !== '')
                change({ polish_min_chars: target.valueAsNumber })
            }}
          />
        )}
      </Setting>
    </>
  )
}
