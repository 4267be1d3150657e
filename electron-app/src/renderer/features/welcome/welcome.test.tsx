import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HostInfo } from '../../../shared/ipc'
import { useOnboarding } from '../../onboarding'
import { AppContext, makeApp } from '../../store'
import { modelOf, PREFERENCES, scriptedHost } from '../../store/scripted-host'
import { RecordingProvider } from '../recording'
import { WelcomePage } from '.'

beforeEach(() => {
  location.hash = ''
})
afterEach(cleanup)

const DESKTOP: HostInfo = {
  host: 'electron',
  version: '0',
  platform: 'linux',
  can: { paste: true, hotkey: true, hold: false, secrets: 'encrypted', pickFolder: true },
}

function hostOf(onboarded: boolean) {
  return scriptedHost({
    'host:info': () => DESKTOP,
    'sidecar:status': () => ({ state: 'ready' }),
    'config:get': () => ({ ...PREFERENCES, onboarded }),
    'config:set': (changes) => ({ ...PREFERENCES, ...changes }),
    'models:list': () => [modelOf('small', 'available')],
    'models:speeds': () => ({}),
    'engines:list': () => ({
      defaultEngine: 'builtin',
      engines: [{ id: 'builtin', state: 'ready' }],
    }),
  })
}

function openWelcome() {
  const host = hostOf(false)
  render(
    <AppContext value={makeApp(host.api)}>
      <RecordingProvider>
        <WelcomePage />
      </RecordingProvider>
    </AppContext>,
  )
  return host
}

function next() {
  fireEvent.click(screen.getByRole('button', { name: 'Next' }))
}

function title() {
  return screen.getByRole('heading', { level: 1 }).textContent
}

test('every step leads on, and the last one ends it for good', async () => {
  const host = openWelcome()

  const titles = [title()]
  for (let step = 1; step < 5; step += 1) {
    next()
    titles.push(title())
  }
  fireEvent.click(screen.getByRole('button', { name: 'Start' }))

  expect(new Set(titles).size).toBe(5)
  expect(location.hash).toBe('#/record')
  await waitFor(() => expect(host.calls).toContainEqual(['config:set', { onboarded: true }]))
})

test('all of it can be skipped', async () => {
  const host = openWelcome()

  fireEvent.click(screen.getByRole('button', { name: 'Skip all' }))

  expect(location.hash).toBe('#/record')
  await waitFor(() => expect(host.calls).toContainEqual(['config:set', { onboarded: true }]))
})

test('the hotkey is seen to work once it is pressed', async () => {
  const host = openWelcome()
  next()
  next()
  await screen.findByText('Waiting for the hotkey')

  host.tell('hotkey:pressed', undefined)

  await screen.findByText('The hotkey works.')
})

test('a model can be had, and what is built in can be used meanwhile', async () => {
  openWelcome()
  for (let step = 0; step < 3; step += 1) next()

  await screen.findByRole('button', { name: 'Install' })

  expect(screen.getByRole('heading', { name: 'Built-in engine' })).toBeTruthy()
})

function Onboarding() {
  useOnboarding()
  return null
}

async function startWith(onboarded: boolean) {
  const app = makeApp(hostOf(onboarded).api)
  render(
    <AppContext value={app}>
      <Onboarding />
    </AppContext>,
  )
  await waitFor(() => expect(app.preferences.get()).not.toBeNull())
}

test('who comes for the first time is welcomed', async () => {
  await startWith(false)

  await waitFor(() => expect(location.hash).toBe('#/welcome'))
})

test('who was welcomed before is not welcomed again', async () => {
  await startWith(true)

  expect(location.hash).toBe('')
})
