// That a dictation leaves nothing behind has to be seen where one dictates.

import { useId } from 'react'
import { t } from '../../i18n'
import { Switch } from '../../ui'
import { PrivateIcon } from '../../ui/icons'
import { usePrivateMode } from '../privacy'
import type { Recording } from './use-recording'

/** For the next dictation; one that goes on stays what it was. */
export function PrivateSwitch() {
  const { isOn, set } = usePrivateMode()
  const id = useId()
  return (
    <label className="private-switch" htmlFor={id} title={t('recording.private-hint')}>
      <PrivateIcon />
      {t('settings.private')}
      <Switch id={id} checked={isOn} onSwitch={set} />
    </label>
  )
}

/** Where the dictation that is shown is private. */
export function PrivateBadge({ recording: { state } }: { recording: Recording }) {
  if (state.kind === 'idle' || !state.dictation.isPrivate) return null
  return (
    <span className="private-badge" title={t('recording.private-hint')}>
      <PrivateIcon />
      {t('recording.private')}
    </span>
  )
}
