import type { ReactNode } from 'react'
import type { Surface } from '../shared/ipc'
import { isHearing, useRecording } from './features/recording'
import { type MessageKey, t } from './i18n'
import { hrefOf } from './route'
import { HistoryIcon, MicrophoneIcon, ModelsIcon, SettingsIcon } from './ui/icons'

interface Destination {
  readonly surface: Surface
  readonly label: MessageKey & `nav.${string}`
  readonly icon: ReactNode
}

const DESTINATIONS: readonly Destination[] = [
  { surface: 'record', label: 'nav.record', icon: <MicrophoneIcon /> },
  { surface: 'history', label: 'nav.history', icon: <HistoryIcon /> },
  { surface: 'models', label: 'nav.models', icon: <ModelsIcon /> },
  { surface: 'settings', label: 'nav.settings', icon: <SettingsIcon /> },
]

export function Navigation({ surface }: { surface: Surface }) {
  return (
    <nav className="nav" aria-label={t('nav.label')}>
      <span className="nav-brand">{t('app.name')}</span>
      <ul className="nav-list">
        {DESTINATIONS.map((one) => (
          <li key={one.surface}>
            <a
              className="place-link nav-link"
              href={hrefOf(one.surface)}
              aria-current={one.surface === surface ? 'page' : undefined}
            >
              {one.icon}
              <span>{t(one.label)}</span>
              {one.surface === 'record' ? <RecordingDot /> : null}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

/** The microphone is open, whichever page is shown. */
function RecordingDot() {
  const { phase } = useRecording()
  if (!isHearing(phase)) return null
  return (
    <span className="nav-dot">
      <span className="visually-hidden">{t('nav.recording')}</span>
    </span>
  )
}
