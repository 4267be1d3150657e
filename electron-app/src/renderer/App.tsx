// The window: the pages, a way between them, and what is said over all of them.

import { lazy, Suspense, useEffect } from 'react'
import type { Surface } from '../shared/ipc'
import { StatusBanner } from './features/errors'
import { RecordingPanel } from './features/recording'
import { t } from './i18n'
import { Navigation } from './navigation'
import { useOnboarding } from './onboarding'
import { PageHotkey } from './page-hotkey'
import { useRoute } from './route'
import { Toasts } from './ui/toasts'
import './app.css'

const HistoryPage = lazy(async () => ({
  default: (await import('./features/history')).HistoryPage,
}))
const ModelsPage = lazy(async () => ({ default: (await import('./features/models')).ModelsPage }))
const SettingsPage = lazy(async () => ({
  default: (await import('./features/settings')).SettingsPage,
}))
const WelcomePage = lazy(async () => ({
  default: (await import('./features/welcome')).WelcomePage,
}))

export function App() {
  const { surface, part } = useRoute()
  useOnboarding()
  const title = t(surface === 'welcome' ? 'app.welcome' : `nav.${surface}`)
  useEffect(() => {
    document.title = `${title} · ${t('app.name')}`
  }, [title])
  return (
    <div className="app">
      <button type="button" className="skip-link" onClick={skipToContent}>
        {t('app.skip')}
      </button>
      {surface === 'welcome' ? null : <Navigation surface={surface} />}
      <main id="content" className="app-main" tabIndex={-1}>
        <StatusBanner />
        <Suspense fallback={<p className="app-loading">{t('app.loading')}</p>}>
          <Page surface={surface} part={part} />
        </Suspense>
      </main>
      <Toasts />
      <PageHotkey />
    </div>
  )
}

function Page({ surface, part }: { surface: Surface; part: string }) {
  switch (surface) {
    case 'record':
      return <RecordingPanel />
    case 'history':
      return <HistoryPage />
    case 'models':
      return <ModelsPage />
    case 'settings':
      return <SettingsPage section={part} />
    case 'welcome':
      return <WelcomePage />
  }
}

// Not a link: the hash is the route.
function skipToContent(): void {
  document.getElementById('content')?.focus()
}
