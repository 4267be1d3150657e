import { cleanup, fireEvent, render, waitFor } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import type { HostInfo } from '../shared/ipc'
import { RecordingProvider } from './features/recording'
import { PageHotkey } from './page-hotkey'
import { AppContext, makeApp } from './store'
import { PREFERENCES, scriptedHost } from './store/scripted-host'

afterEach(cleanup)

const KEYS = { code: 'Space', key: ' ', ctrlKey: true, shiftKey: true }

/** The page over a host that has a global hotkey, or none. */
async function openPage(hotkey: boolean) {
  const info: HostInfo = {
    host: hotkey ? 'electron' : 'web',
    version: '0',
    platform: 'linux',
    can: { paste: false, hotkey, hold: false, secrets: 'session', pickFolder: false },
  }
  const host = scriptedHost({
    'host:info': () => info,
    'sidecar:status': () => ({ state: 'ready' }),
    'config:get': () => PREFERENCES,
    'dictation:open': () => 1,
  })
  const app = makeApp(host.api)
  render(
    <AppContext value={app}>
      <RecordingProvider>
        <PageHotkey />
      </RecordingProvider>
    </AppContext>,
  )
  await waitFor(() => {
    expect(app.host.get()).toEqual(info)
    expect(app.preferences.get()).toEqual(PREFERENCES)
  })
  return host
}

/** Whether the page took the key for itself. */
function press(): boolean {
  return !fireEvent.keyDown(document.body, KEYS)
}

test('in a browser the hotkey works while the page is in front', async () => {
  await openPage(false)

  expect(press()).toBe(true)
  expect(fireEvent.keyDown(document.body, { ...KEYS, shiftKey: false })).toBe(true)
})

test('where the host has a hotkey for all programs, the page leaves the keys alone', async () => {
  await openPage(true)

  expect(press()).toBe(false)
})
