import { describe, expect, test } from 'vitest'
import type { DictationEvent, SidecarStatus } from '../../shared/ipc'
import { Activities } from './activities'
import { PrivateMode } from './private-mode'
import { TrayModel } from './tray-model'
import { type MenuItem, type TrayState, viewOf } from './view'

const READY: TrayState = {
  uiLanguage: 'en',
  sidecar: { state: 'ready' },
  activity: 'idle',
  isPrivate: false,
  hotkey: 'Alt+D',
  engines: ['builtin', 'qwen3-asr-0.6b'],
  engine: '',
  languages: ['en', 'zh'],
  language: 'zh',
}
const FAILED: SidecarStatus = {
  state: 'failed',
  error: { kind: 'SIDECAR_DOWN', message: 'It is gone.', retryable: true },
}

function find(menu: readonly MenuItem[], label: string): MenuItem {
  const found = menu.find((item) => item.kind !== 'separator' && item.label === label)
  if (found === undefined) throw new Error(`no ${label} in the menu`)
  return found
}

describe('the icon', () => {
  test.each<[string, Partial<TrayState>, string]>([
    ['rests', {}, 'idle'],
    ['records', { activity: 'recording' }, 'recording'],
    ['records while the engine is away', { activity: 'recording', sidecar: FAILED }, 'recording'],
    ['transcribes', { activity: 'transcribing' }, 'busy'],
    ['starts', { sidecar: { state: 'starting' } }, 'busy'],
    ['restarts', { sidecar: { state: 'restarting', attempt: 2, retryInMs: 500 } }, 'busy'],
    ['has failed', { sidecar: FAILED }, 'error'],
  ])('when Sotto %s', (_what, state, icon) => {
    expect(viewOf({ ...READY, ...state }).icon).toBe(icon)
  })
})

describe('the menu', () => {
  test('says first what goes on, and that it is private', () => {
    const { menu, tooltip } = viewOf({ ...READY, activity: 'recording', isPrivate: true })

    expect(menu[0]).toEqual({ kind: 'label', label: 'Recording (private)' })
    expect(tooltip).toBe('Sotto: Recording (private)')
  })

  test('starts a dictation, with the hotkey beside it', () => {
    const { menu } = viewOf(READY)

    expect(find(menu, 'Start dictation')).toMatchObject({ accelerator: 'Alt+D', isEnabled: true })
    expect(find(menu, 'Start dictation')).toMatchObject({ action: { do: 'dictate', isOn: false } })
  })

  test('stops one that runs', () => {
    const { menu } = viewOf({ ...READY, activity: 'recording' })

    expect(find(menu, 'Stop dictation')).toMatchObject({ action: { do: 'dictate', isOn: true } })
  })

  test('starts one also while the engine is away, since nothing said is lost', () => {
    const { menu } = viewOf({ ...READY, sidecar: FAILED })

    expect(find(menu, 'Start dictation')).toMatchObject({ isEnabled: true })
    expect(find(menu, 'Copy the latest of the history')).toMatchObject({ isEnabled: false })
  })

  test('has a switch for the private session that does the opposite of what is', () => {
    const off = find(viewOf(READY).menu, 'Private session')
    const on = find(viewOf({ ...READY, isPrivate: true }).menu, 'Private session')

    expect(off).toMatchObject({ isOn: false, action: { do: 'set-private', on: true } })
    expect(on).toMatchObject({ isOn: true, action: { do: 'set-private', on: false } })
  })

  test('offers the engines, of which one is chosen', () => {
    const item = find(viewOf({ ...READY, engine: 'builtin' }).menu, 'Engine')

    expect(item).toMatchObject({
      options: [
        { label: 'Newest model', isChosen: false, action: { do: 'choose-engine', engine: '' } },
        { label: 'builtin', isChosen: true },
        { label: 'qwen3-asr-0.6b', isChosen: false },
      ],
    })
  })

  test('names languages in the language of the app, and those without a name by their tag', () => {
    const state: TrayState = { ...READY, uiLanguage: 'zh', languages: ['en', '?'], language: 'yue' }
    const item = find(viewOf(state).menu, '语言')

    expect(item).toMatchObject({
      options: [
        { label: '由引擎识别', isChosen: false },
        { label: '英语', isChosen: false },
        { label: '?', isChosen: false },
        { label: '粤语', isChosen: true },
      ],
    })
  })

  test('offers no engines while none can be asked', () => {
    const { menu } = viewOf({ ...READY, sidecar: { state: 'starting' } })

    expect(menu.filter((item) => item.kind === 'choice')).toEqual([])
    expect(find(menu, 'Restart the engine')).toMatchObject({ isEnabled: true })
  })
})

test('a dictation records, then transcribes, then is over', () => {
  const events: DictationEvent[] = [
    { kind: 'opened' },
    { kind: 'partial', text: 'so' },
    { kind: 'interrupted' },
    { kind: 'transcribing' },
    { kind: 'final', text: 'So.', notices: [] },
    { kind: 'ended', outcome: 'done' },
  ]
  const activities = new Activities()

  const seen = events.map((event) => activities.after(1, event))

  const recording = ['recording', 'recording', 'recording']
  expect(seen).toEqual([...recording, 'transcribing', 'transcribing', 'idle'])
})

test('one that is recorded is shown, whatever becomes of an older one meanwhile', () => {
  const model = new TrayModel()
  model.update({ sidecar: { state: 'ready' } })
  model.hear(1, { kind: 'opened' })
  model.hear(1, { kind: 'transcribing' })
  model.hear(2, { kind: 'opened' })
  model.hear(1, { kind: 'ended', outcome: 'done' })
  expect(model.view.icon).toBe('recording')

  model.hear(2, { kind: 'transcribing' })
  expect(model.view.icon).toBe('busy')
  model.hear(2, { kind: 'ended', outcome: 'done' })

  expect(model.view.icon).toBe('idle')
})

test('the tray is told of what looks different, and of nothing else', () => {
  const model = new TrayModel()
  const icons: string[] = []
  model.onView(({ icon }) => icons.push(icon))

  model.update({ sidecar: { state: 'restarting', attempt: 1, retryInMs: 500 } })
  model.update({ sidecar: { state: 'restarting', attempt: 2, retryInMs: 900 } })
  model.update({ sidecar: { state: 'ready' } })

  expect(icons).toEqual(['busy', 'idle'])
})

test('private mode tells its changes, and none that are none', () => {
  const mode = new PrivateMode()
  const told: boolean[] = []
  const end = mode.onChange((isOn) => told.push(isOn))

  mode.set(true)
  mode.set(true)
  mode.set(false)
  end()
  mode.set(true)

  expect(told).toEqual([true, false])
  expect(mode.isOn).toBe(true)
})
