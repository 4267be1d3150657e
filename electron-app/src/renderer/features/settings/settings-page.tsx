import type { ReactNode } from 'react'
import type { Preferences } from '../../../shared/protocol'
import { t } from '../../i18n'
import { hrefOf } from '../../route'
import { usePreferences } from '../../store'
import { AboutSection } from './about-section'
import { AppearanceSection } from './appearance-section'
import { CleaningSection } from './cleaning-section'
import { EngineSection } from './engine-section'
import { InsertionSection } from './insertion-section'
import { PrivacySection } from './privacy-section'
import { RecordingSection } from './recording-section'
import { SECTIONS, type Section, sectionOf } from './sections'
import './settings.css'

export function SettingsPage({ section: part }: { section: string }) {
  const section = sectionOf(part)
  const preferences = usePreferences()
  return (
    <div className="page">
      <h1>{t('settings.title')}</h1>
      <nav aria-label={t('settings.sections')}>
        <ul className="section-links">
          {SECTIONS.map((one) => (
            <li key={one}>
              <a
                className="place-link section-link"
                href={hrefOf('settings', one)}
                aria-current={one === section ? 'page' : undefined}
              >
                {t(`settings.${one}`)}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <section className="card settings" aria-label={t(`settings.${section}`)}>
        <SectionView section={section} preferences={preferences} />
      </section>
    </div>
  )
}

interface SectionViewProps {
  readonly section: Section
  readonly preferences: Preferences | null
}

function SectionView({ section, preferences }: SectionViewProps): ReactNode {
  // Versions and the report are wanted most when nothing else works.
  if (section === 'about') return <AboutSection />
  if (preferences === null) return <p className="muted">{t('settings.waiting')}</p>
  switch (section) {
    case 'recording':
      return <RecordingSection preferences={preferences} />
    case 'engine':
      return <EngineSection preferences={preferences} />
    case 'insertion':
      return <InsertionSection preferences={preferences} />
    case 'cleaning':
      return <CleaningSection preferences={preferences} />
    case 'privacy':
      return <PrivacySection preferences={preferences} />
    case 'appearance':
      return <AppearanceSection preferences={preferences} />
  }
}
