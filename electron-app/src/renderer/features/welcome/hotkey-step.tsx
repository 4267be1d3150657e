import { useEffect, useState } from 'react'
import { t } from '../../i18n'
import { useApp, useHost, usePreferences } from '../../store'
import { Keys } from '../settings'

export function HotkeyStep() {
  const { api } = useApp()
  const host = useHost()
  const hotkey = usePreferences()?.hotkey ?? ''
  const [wasPressed, setPressed] = useState(false)
  useEffect(() => api.on('hotkey:pressed', () => setPressed(true)), [api])
  if (host?.can.hotkey === false) return <p>{t('welcome.hotkey.web')}</p>
  return (
    <>
      <p>{t('welcome.hotkey.text')}</p>
      <p className="welcome-keys">
        <Keys accelerator={hotkey} isMac={host?.platform === 'darwin'} />
      </p>
      <p role="status" className={wasPressed ? 'welcome-works' : 'muted'}>
        {t(wasPressed ? 'welcome.hotkey.works' : 'welcome.hotkey.waiting')}
      </p>
      <p className="muted small">{t('welcome.hotkey.change')}</p>
    </>
  )
}
