import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { RecordingPanel } from './recording-panel'
import { DOWN, PREFERENCES, setUp } from './testing'

afterEach(cleanup)

const DICTATION = 41
const START = 'Start recording'
const STOP = 'Stop recording'

async function open() {
  const parts = setUp({ startsByHotkey: false })
  render(<RecordingPanel />, { wrapper: parts.wrapper })
  await act(async () => {})
  return parts
}

const button = (name: string) => screen.getByRole('button', { name })
const click = (name: string) => act(async () => void fireEvent.click(button(name)))
const status = () => screen.getByRole('status').textContent

test('"speak now" waits for the first real samples', async () => {
  const { microphone } = await open()

  await click(START)
  expect(status()).toContain('Waiting for the microphone')
  await microphone.tell({ kind: 'live' })

  expect(status()).toContain('Speak now')
})

test('"speak now" goes once somebody was heard', async () => {
  const { host, microphone } = await open()
  await click(START)
  await microphone.tell({ kind: 'live' })

  await host.events(DICTATION, { kind: 'opened' }, { kind: 'speech', edge: 'start' })

  expect(status()).toBe('')
})

test('the button starts and stops, and rests while the text is made', async () => {
  const { microphone } = await open()

  await click(START)
  await microphone.tell({ kind: 'live' })
  await microphone.hear(25)
  expect(screen.getByRole('timer').textContent).toBe('0:02')
  await click(STOP)
  await microphone.finished()

  expect(status()).toContain('Transcribing')
  expect(button(START).hasAttribute('disabled')).toBe(true)
})

test('a key that is held down does not start and stop over and over', async () => {
  const { microphone } = await open()

  const isHandled = !fireEvent.keyDown(button(START), { key: 'Enter', repeat: true })

  expect(isHandled).toBe(true)
  expect(microphone.log).toEqual([])
})

test('where the preference is to hold, the button records as long as it is pressed', async () => {
  const { host, microphone } = await open()
  await host.tell('config:changed', { ...PREFERENCES, activation: 'hold' })
  const hold = button('Hold to record')
  hold.setPointerCapture = () => {}

  await act(async () => void fireEvent.pointerDown(hold, { button: 0 }))
  await microphone.tell({ kind: 'live' })
  expect(microphone.log).toEqual(['open '])
  await act(async () => void (fireEvent.pointerUp(hold) && fireEvent.click(hold)))

  expect(microphone.log).toEqual(['open ', 'finish 200'])
})

test('the space bar can be held, too', async () => {
  const { host, microphone } = await open()
  await host.tell('config:changed', { ...PREFERENCES, activation: 'hold' })

  await act(async () => void fireEvent.keyDown(button('Hold to record'), { key: ' ' }))
  await microphone.tell({ kind: 'live' })
  await act(async () => void fireEvent.keyDown(button(STOP), { key: ' ', repeat: true }))
  expect(microphone.log).toEqual(['open '])
  await act(async () => void fireEvent.keyUp(button(STOP), { key: ' ' }))

  expect(microphone.log).toEqual(['open ', 'finish 200'])
})

test('Escape discards what is being recorded, and nothing else', async () => {
  const { host } = await open()
  fireEvent.keyDown(document.body, { key: 'Escape' })

  await click(START)
  await act(async () => void fireEvent.keyDown(document.body, { key: 'Escape' }))

  expect(status()).toContain('Discarded')
  expect(host.told.at(-1)).toEqual(['dictation:cancel', DICTATION, false])
})

test('a silent microphone is told, and the warning goes when sound comes', async () => {
  const { microphone } = await open()
  await click(START)

  await microphone.tell({ kind: 'silent' })
  expect(status()).toContain('gives no sound')
  await microphone.tell({ kind: 'live' })

  expect(status()).not.toContain('gives no sound')
})

test('an error says that the recording is still there, and offers to try again', async () => {
  const { host, microphone } = await open()
  await click(START)
  await microphone.tell({ kind: 'live' })
  await microphone.hear(3)
  host.answers['dictation:stop'] = () => Promise.reject(DOWN)

  await click(STOP)
  await microphone.finished()

  expect(screen.getByRole('alert')).toBeTruthy()
  expect(status()).toContain('kept in the history')
})

test('the raw text and a copy are offered once the text is polished', async () => {
  const { host, microphone } = await open()
  await click(START)
  await microphone.tell({ kind: 'live' })
  await host.events(
    DICTATION,
    { kind: 'final', text: 'um hello', notices: [] },
    { kind: 'polishing', text: 'um hello' },
    { kind: 'polished', text: 'Hello.' },
    { kind: 'inserted', receipt: { kind: 'pasted', clipboardRestored: true } },
    { kind: 'ended', outcome: 'done' },
  )
  expect(status()).toContain('Inserted')

  await click('Raw text')
  await click('Copy')

  expect(host.told.slice(1)).toEqual([
    ['text:insert', 'um hello'],
    ['text:copy', 'Hello.'],
  ])
  expect(status()).toContain('Copied')
})
