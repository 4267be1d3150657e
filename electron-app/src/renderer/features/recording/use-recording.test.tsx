import { act, cleanup, renderHook } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { micError } from '../../audio/errors'
import { DOWN, INFO, later, PREFERENCES, setUp } from './testing'
import { useRecording } from './use-recording'

afterEach(cleanup)

async function ready(options: { startsByHotkey?: boolean; isStrict?: boolean } = {}) {
  const parts = setUp(options)
  const { result, unmount } = renderHook(useRecording, {
    wrapper: parts.wrapper,
    reactStrictMode: options.isStrict ?? false,
  })
  await act(async () => {})
  const recording = () => result.current
  const press = (action: (recording: ReturnType<typeof useRecording>) => void) =>
    act(async () => action(result.current))
  return { ...parts, recording, press, unmount }
}

/** Recording, with so many chunks heard. */
async function recordingOf(chunks: number, options: Parameters<typeof ready>[0] = {}) {
  const parts = await ready(options)
  await parts.press(({ start }) => start())
  await parts.microphone.tell({ kind: 'live' })
  await parts.microphone.hear(chunks)
  return parts
}

const DICTATION = 41

test('a dictation goes from the press to its text', async () => {
  const { host, microphone, recording, press } = await ready()
  const phases: string[] = []
  const note = () => phases.push(recording().phase)

  await press(({ start }) => start())
  note()
  await microphone.tell({ kind: 'live' })
  note()
  await microphone.hear(12)
  await host.events(
    DICTATION,
    { kind: 'opened' },
    { kind: 'commit', text: 'hello ', offset: 0 },
    { kind: 'partial', text: 'word' },
  )
  expect(recording()).toMatchObject({ committed: 'hello ', tentative: 'word', elapsedMs: 1000 })
  await press(({ stop }) => stop())
  note()
  await microphone.hear(2)
  await microphone.finished()
  note()
  await host.events(
    DICTATION,
    { kind: 'final', text: 'hello world', notices: [] },
    { kind: 'polishing', text: 'hello world' },
  )
  note()
  await host.events(
    DICTATION,
    { kind: 'polished', text: 'Hello, world.' },
    { kind: 'inserted', receipt: { kind: 'pasted', clipboardRestored: true } },
    { kind: 'ended', outcome: 'done' },
  )
  note()

  expect(phases).toEqual(['arming', 'recording', 'draining', 'transcribing', 'polishing', 'done'])
  expect(recording().committed).toBe('Hello, world.')
  expect(host.pushed).toHaveLength(14)
  expect(host.told).toEqual([
    ['dictation:open', { isPrivate: false }],
    ['dictation:stop', DICTATION],
  ])
  expect(microphone.log).toEqual(['open ', 'finish 200'])
})

test('what is said while the dictation opens is kept and sent first, in order', async () => {
  const { host, microphone, press } = await ready()
  const answer = later<number>()
  host.answers['dictation:open'] = () => answer.promise

  await press(({ start }) => start())
  await microphone.tell({ kind: 'live' })
  await microphone.hear(5)
  expect(host.pushed).toHaveLength(0)
  await act(async () => answer.resolve(DICTATION))
  await microphone.hear(1)

  expect(host.pushed.map(({ dictation }) => dictation)).toEqual(Array(6).fill(DICTATION))
})

test('events that overtake the name of their dictation are not lost', async () => {
  const { host, microphone, press, recording } = await ready()
  const answer = later<number>()
  host.answers['dictation:open'] = () => answer.promise
  await press(({ start }) => start())
  await microphone.tell({ kind: 'live' })

  await host.events(DICTATION, { kind: 'commit', text: 'early', offset: 0 })
  await host.events(99, { kind: 'commit', text: 'of another page', offset: 0 })
  await act(async () => answer.resolve(DICTATION))

  expect(recording().committed).toBe('early')
})

test('a dictation that the host refuses is held until it takes it', async () => {
  const { host, microphone, press, recording } = await ready()
  const answer = later<number>()
  const { 'dictation:open': open } = host.answers
  host.answers['dictation:open'] = () => answer.promise
  await press(({ start }) => start())
  await microphone.tell({ kind: 'live' })
  await microphone.hear(3)

  await act(async () => answer.reject(DOWN))
  await microphone.hear(1)
  await microphone.finished()
  expect(recording()).toMatchObject({ phase: 'error', error: DOWN, state: { audio: 'held' } })
  await press(({ start }) => start())
  expect(recording().phase).toBe('error')
  host.answers['dictation:open'] = open as never
  await press(({ retry }) => retry())

  expect(recording().phase).toBe('transcribing')
  expect(host.pushed).toHaveLength(4)
  expect(host.told.at(-1)).toEqual(['dictation:stop', DICTATION])
})

test('an end that the host refuses leaves the audio among the interrupted recordings', async () => {
  const { host, microphone, press, recording } = await recordingOf(3)
  host.answers['dictation:stop'] = () => Promise.reject(DOWN)

  await press(({ stop }) => stop())
  await microphone.finished()

  expect(recording()).toMatchObject({ phase: 'error', error: DOWN, state: { audio: 'kept' } })
  expect(host.told.at(-1)).toEqual(['dictation:cancel', DICTATION, true])
})

test('a cancelled dictation keeps nothing, and its late events touch no newer one', async () => {
  const { host, microphone, press, recording } = await recordingOf(3)

  await press(({ cancel }) => cancel())
  expect(recording().phase).toBe('cancelled')
  await press(({ start }) => start())
  await microphone.tell({ kind: 'live' })
  await host.events(
    DICTATION,
    { kind: 'commit', text: 'late', offset: 0 },
    { kind: 'ended', outcome: 'cancelled' },
  )

  expect(recording()).toMatchObject({ phase: 'recording', committed: '' })
  expect(host.told).toContainEqual(['dictation:cancel', DICTATION, false])
  expect(microphone.log).toContain('release')
})

test('cancelling before the dictation has a name cancels it once it has', async () => {
  const { host, press } = await ready()
  const answer = later<number>()
  host.answers['dictation:open'] = () => answer.promise
  await press(({ start }) => start())

  await press(({ cancel }) => cancel(true))
  await act(async () => answer.resolve(DICTATION))

  expect(host.told.at(-1)).toEqual(['dictation:cancel', DICTATION, true])
})

test('a refused microphone is told, and another try may follow', async () => {
  const { host, microphone, press, recording } = await ready()
  await press(({ start }) => start())

  await microphone.tell({ kind: 'failed', error: micError('MIC_DENIED') })
  expect(recording()).toMatchObject({ phase: 'error', error: { kind: 'MIC_DENIED' } })
  expect(host.told.at(-1)).toEqual(['dictation:cancel', DICTATION, false])
  await press(({ retry }) => retry())

  expect(recording().phase).toBe('arming')
})

test('a recording goes on when its device is pulled', async () => {
  const { host, microphone, recording } = await recordingOf(3)

  await microphone.tell({ kind: 'lost' })
  expect(recording()).toMatchObject({ phase: 'recording', warning: { kind: 'lost' } })
  await microphone.tell({ kind: 'restored', label: 'Laptop' })
  await microphone.hear(2)

  expect(recording().warning).toEqual({ kind: 'restored', label: 'Laptop' })
  expect(host.pushed).toHaveLength(5)
})

test('another choice of microphone takes effect while recording', async () => {
  const { host, microphone } = await recordingOf(1)

  await host.tell('config:changed', { ...PREFERENCES, microphone: 'Desk' })

  expect(microphone.log).toEqual(['open ', 'use Desk'])
})

test('sounds tell start and end, where they are wanted', async () => {
  const { host, microphone, chimes, press } = await recordingOf(1)
  expect(chimes).toEqual([])
  await press(({ cancel }) => cancel())
  await host.tell('config:changed', { ...PREFERENCES, sounds: true })

  await press(({ start }) => start())
  expect(chimes).toEqual([])
  await microphone.tell({ kind: 'live' })
  await press(({ stop }) => stop())
  expect(chimes).toEqual(['start'])
  await microphone.finished()

  expect(chimes).toEqual(['start', 'end'])
})

test('the hotkey toggles', async () => {
  const { host, microphone, recording } = await ready()

  await host.tell('hotkey:pressed', undefined)
  expect(recording().phase).toBe('arming')
  await microphone.tell({ kind: 'live' })
  await host.tell('hotkey:released', undefined)
  expect(recording().phase).toBe('recording')
  await host.tell('hotkey:pressed', undefined)

  expect(recording().phase).toBe('draining')
})

test('a hotkey that is held records until it is released', async () => {
  const { host, microphone, recording } = await ready()
  await host.tell('config:changed', { ...PREFERENCES, activation: 'hold' })

  await host.tell('hotkey:pressed', undefined)
  await microphone.tell({ kind: 'live' })
  await host.tell('hotkey:pressed', undefined)
  expect(recording().phase).toBe('recording')
  await host.tell('hotkey:released', undefined)

  expect(recording().phase).toBe('draining')
})

test('a hotkey that is held while the last words of another dictation are taken begins its own', async () => {
  const { host, microphone, recording, press } = await ready()
  await host.tell('config:changed', { ...PREFERENCES, activation: 'hold' })
  await host.tell('hotkey:pressed', undefined)
  await microphone.tell({ kind: 'live' })
  await host.tell('hotkey:released', undefined)

  await host.tell('hotkey:pressed', undefined)
  expect(recording().phase).toBe('draining')
  await microphone.finished()
  expect(recording()).toMatchObject({ phase: 'arming', earlier: [{ kind: 'transcribing' }] })
  await microphone.tell({ kind: 'live' })
  await host.tell('hotkey:released', undefined)

  expect(recording().phase).toBe('draining')
  await press(({ cancel }) => cancel())
  expect(recording().phase).toBe('cancelled')
})

test('a hotkey that is let go before the last words are taken begins nothing', async () => {
  const { host, microphone, recording } = await ready()
  await host.tell('config:changed', { ...PREFERENCES, activation: 'hold' })
  await host.tell('hotkey:pressed', undefined)
  await microphone.tell({ kind: 'live' })
  await host.tell('hotkey:released', undefined)

  await host.tell('hotkey:pressed', undefined)
  await host.tell('hotkey:released', undefined)
  await microphone.finished()

  expect(recording()).toMatchObject({ phase: 'transcribing', earlier: [] })
})

test('a hotkey that is held while no more can begin does so once there is room', async () => {
  const { host, microphone, recording } = await ready()
  await host.tell('config:changed', { ...PREFERENCES, activation: 'hold' })
  for (const _ of ['one', 'two']) {
    await host.tell('hotkey:pressed', undefined)
    await microphone.tell({ kind: 'live' })
    await host.tell('hotkey:released', undefined)
    await microphone.finished()
  }

  await host.tell('hotkey:pressed', undefined)
  expect(recording().phase).toBe('transcribing')
  await host.events(DICTATION, { kind: 'ended', outcome: 'done' })

  expect(recording().phase).toBe('arming')
})

test.each(['hold', 'toggle'] as const)(
  'what the tray begins and ends goes on in between, where the hotkey is to %s',
  async (activation) => {
    const { host, microphone, recording } = await ready()
    await host.tell('config:changed', { ...PREFERENCES, activation })

    await host.tell('hotkey:pressed', undefined)
    await microphone.tell({ kind: 'live' })
    expect(recording().phase).toBe('recording')
    await host.tell('hotkey:pressed', undefined)
    await host.tell('hotkey:released', undefined)

    expect(recording().phase).toBe('draining')
  },
)

test('a hotkey that is to be held toggles once nobody tells its release', async () => {
  const { host, microphone, recording } = await ready()
  await host.tell('config:changed', { ...PREFERENCES, activation: 'hold' })
  await host.tell('hotkey:pressed', undefined)
  await microphone.tell({ kind: 'live' })

  await host.tell('host:info', { ...INFO, can: { ...INFO.can, hold: false } })
  expect(recording().phase).toBe('recording')
  await host.tell('hotkey:pressed', undefined)

  expect(recording().phase).toBe('draining')
})

test('a hotkey that is let go before the microphone is open records nothing', async () => {
  const { host, recording } = await ready()
  await host.tell('config:changed', { ...PREFERENCES, activation: 'hold' })

  await host.tell('hotkey:pressed', undefined)
  await host.tell('hotkey:released', undefined)

  expect(recording().phase).toBe('cancelled')
})

test('a page that does not begin by the hotkey still ends by it', async () => {
  const { host, recording, microphone, press } = await ready({ startsByHotkey: false })

  await host.tell('hotkey:pressed', undefined)
  expect(recording().phase).toBe('idle')
  await press(({ start }) => start())
  await microphone.tell({ kind: 'live' })
  await host.tell('hotkey:pressed', undefined)

  expect(recording().phase).toBe('draining')
})

test('the hotkey that ends the dictation of another page begins none here', async () => {
  const { host, recording } = await ready()
  await host.events(12, { kind: 'opened' })

  await host.tell('hotkey:pressed', undefined)
  expect(recording().phase).toBe('idle')
  await host.events(12, { kind: 'ended', outcome: 'done' })
  await host.tell('hotkey:pressed', undefined)

  expect(recording().phase).toBe('arming')
})

test('a dictation of another page that becomes text does not hold the hotkey', async () => {
  const { host, recording } = await ready()
  await host.events(12, { kind: 'opened' }, { kind: 'transcribing' }, { kind: 'lag', lagMs: 9 })

  await host.tell('hotkey:pressed', undefined)

  expect(recording().phase).toBe('arming')
})

test('two dictations are told apart, whoever of them is told of', async () => {
  const { host, microphone, press, recording } = await recordingOf(3)
  await press(({ stop }) => stop())
  await microphone.finished()

  await press(({ start }) => start())
  await microphone.tell({ kind: 'live' })
  await microphone.hear(2)
  await host.events(DICTATION, { kind: 'final', text: 'the older', notices: [] })
  await host.events(DICTATION + 1, { kind: 'commit', text: 'the newer', offset: 0 })

  expect(recording()).toMatchObject({
    phase: 'recording',
    committed: 'the newer',
    earlier: [{ kind: 'transcribing', dictation: { raw: 'the older' } }],
  })
  expect(host.pushed.map(({ dictation }) => dictation)).toEqual([41, 41, 41, 42, 42])
  expect(host.told).toEqual([
    ['dictation:open', { isPrivate: false }],
    ['dictation:stop', DICTATION],
    ['dictation:open', { isPrivate: false }],
  ])
})

test('an older dictation is skipped and cancelled by its own name', async () => {
  const { host, microphone, press, recording } = await recordingOf(3)
  await press(({ stop }) => stop())
  await microphone.finished()
  await host.events(DICTATION, { kind: 'polishing', text: 'th' })
  await press(({ start }) => start())
  const take = recording().earlier[0]?.dictation.take ?? expect.unreachable()

  await press(({ actOnEarlier }) => actOnEarlier(take, 'insert-raw'))
  await press(({ actOnEarlier }) => actOnEarlier(take, 'cancel'))

  expect(recording()).toMatchObject({ phase: 'arming', earlier: [{ kind: 'cancelled' }] })
  expect(host.told.slice(3)).toEqual([
    ['dictation:skip-polish', DICTATION],
    ['dictation:cancel', DICTATION, false],
  ])
})

test('the raw text can be had while its polish runs, and after it', async () => {
  const { host, press, recording } = await recordingOf(3)
  await host.events(
    DICTATION,
    { kind: 'final', text: 'raw', notices: [] },
    { kind: 'polishing', text: 'Ra' },
  )

  await press(({ insertRaw }) => insertRaw())
  await host.events(
    DICTATION,
    { kind: 'polished', text: 'Raw.' },
    { kind: 'ended', outcome: 'done' },
  )
  await press(({ insertRaw }) => insertRaw())

  expect(host.told.slice(1)).toEqual([
    ['dictation:skip-polish', DICTATION],
    ['text:insert', 'raw'],
  ])
  expect(recording().state).toMatchObject({ dictation: { receipt: { kind: 'pasted' } } })
})

test('a copy that fails is told as its receipt', async () => {
  const { host, press, recording } = await recordingOf(3)
  await host.events(
    DICTATION,
    { kind: 'final', text: 'text', notices: [] },
    { kind: 'ended', outcome: 'done' },
  )
  host.answers['text:copy'] = () => Promise.reject(DOWN)

  await press(({ copy }) => copy())

  expect(recording().state).toMatchObject({
    kind: 'done',
    dictation: { receipt: { kind: 'failed', error: DOWN } },
  })
})

test('in StrictMode there is one dictation for one press', async () => {
  const { host, microphone, press, recording } = await ready({ isStrict: true })

  await press(({ start }) => start())
  await microphone.tell({ kind: 'live' })
  await host.events(DICTATION, { kind: 'commit', text: 'once', offset: 0 })

  expect(recording().committed).toBe('once')
  expect(host.told).toEqual([['dictation:open', { isPrivate: false }]])
})

test('a page that goes away leaves its audio among the interrupted recordings', async () => {
  const { host, microphone, unmount } = await recordingOf(3)

  await act(async () => unmount())

  expect(host.told.at(-1)).toEqual(['dictation:cancel', DICTATION, true])
  expect(microphone.log.at(-1)).toBe('release')
})
