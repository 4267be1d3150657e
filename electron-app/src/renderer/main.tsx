// The bridge comes first: in a browser it is what sets window.sotto.
import './bridge'

import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App'
import { Pill, RecordingProvider } from './features/recording'
import { PageRoot } from './page-root'
import { makeApp } from './store'
import { applyAppearance, keptAppearance } from './theme/appearance'
import './theme/tokens.css'
import './theme/base.css'

applyAppearance(keptAppearance())
const app = makeApp(window.sotto)
const isPill = new URLSearchParams(location.search).get('surface') === 'pill'
// Hotkeys reach every page, and one of them may start by it: the pill, where there is one.
const startsByHotkey = isPill || !navigator.userAgent.includes('Electron')
if (isPill) document.documentElement.classList.add('pill-window')

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no element for the page')
createRoot(root).render(
  <StrictMode>
    <PageRoot app={app}>
      {() => (
        <RecordingProvider startsByHotkey={startsByHotkey}>
          {isPill ? <Pill /> : <App />}
        </RecordingProvider>
      )}
    </PageRoot>
  </StrictMode>,
)
