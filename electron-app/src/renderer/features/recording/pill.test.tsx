import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { AppError } from '../../../shared/ipc'
import { Pill } from './pill'
import { DOWN, later, setUp } from './testing'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

const DICTATION = 41

async function recording() {
  const parts = setUp()
  render(<Pill />, { wrapper: parts.wrapper })
  await act(async () => {})
  await parts.host.tell('hotkey:pressed', undefined)
  await parts.microphone.tell({ kind: 'live' })
  await parts.microphone.hear(10)
  return parts
}

const pass = (ms: number) => act(async () => void vi.advanceTimersByTime(ms))
const text = () => screen.getByRole('main').textContent
const button = (name: string) => screen.getByRole('button', { name })
const hides = ({ host }: ReturnType<typeof setUp>) =>
  host.calls.filter(([channel]) => channel === 'window:hide-pill').length

test('the pill shows level and time, and stops by its button', async () => {
  const parts = await recording()
  const { microphone } = parts

  expect(screen.getByRole('img', { name: 'Level of the microphone' })).toBeTruthy()
  expect(screen.getByRole('timer').textContent).toBe('0:01')
  expect(hides(parts)).toBe(0)
  fireEvent.click(screen.getByRole('button', { name: 'Stop recording' }))
  await microphone.finished()

  expect(text()).toContain('Transcribing')
})

test('a microphone that gives nothing has its reason where the level was', async () => {
  const { microphone } = await recording()

  await microphone.tell({ kind: 'silent' })
  expect(text()).toContain('gives no sound')
  await microphone.tell({ kind: 'heard' })

  expect(screen.getByRole('img', { name: 'Level of the microphone' })).toBeTruthy()
})

test('it says what became of the text, and goes away after four seconds', async () => {
  const parts = await recording()
  await parts.host.events(
    DICTATION,
    { kind: 'final', text: 'hello', notices: [] },
    { kind: 'inserted', receipt: { kind: 'pasted', clipboardRestored: true } },
    { kind: 'ended', outcome: 'done' },
  )
  expect(text()).toContain('Inserted')

  await pass(3900)
  expect(hides(parts)).toBe(0)
  await pass(200)

  expect(hides(parts)).toBe(1)
})

test('it stays while the pointer is on it', async () => {
  const parts = await recording()
  await parts.host.events(DICTATION, { kind: 'ended', outcome: 'done' })

  fireEvent.pointerEnter(screen.getByRole('main'))
  await pass(60_000)
  expect(hides(parts)).toBe(0)
  fireEvent.pointerLeave(screen.getByRole('main'))
  await pass(4100)

  expect(hides(parts)).toBe(1)
})

test('a press that ends the dictation of another page leaves no pill behind', async () => {
  const parts = setUp()
  render(<Pill />, { wrapper: parts.wrapper })
  await act(async () => {})
  await parts.host.events(99, { kind: 'opened' })

  await parts.host.tell('hotkey:pressed', undefined)

  expect(hides(parts)).toBe(1)
})

test('an error does not go away while audio became no text', async () => {
  const parts = await recording()
  await parts.host.events(
    DICTATION,
    { kind: 'trouble', error: DOWN },
    { kind: 'ended', outcome: 'failed' },
  )

  await pass(3_600_000)

  expect(hides(parts)).toBe(0)
  expect(screen.getByRole('alert')).toBeTruthy()
  fireEvent.click(screen.getByRole('button', { name: 'Close' }))
  expect(hides(parts)).toBe(1)
})

test('a text that could not be saved stays to be copied', async () => {
  const parts = await recording()
  await parts.host.events(
    DICTATION,
    { kind: 'final', text: 'hello', notices: [] },
    { kind: 'unsaved', error: DOWN },
    { kind: 'ended', outcome: 'done' },
  )

  await pass(60_000)
  await act(async () => void fireEvent.click(screen.getByRole('button', { name: 'Copy' })))

  expect(hides(parts)).toBe(0)
  expect(parts.host.told.at(-1)).toEqual(['text:copy', 'hello'])
})

const held: AppError = { kind: 'CLIPBOARD_FAILED', message: 'Held.', retryable: true }

test('a text that is neither inserted nor in a history stays to be copied', async () => {
  const parts = await recording()
  await parts.host.events(
    DICTATION,
    { kind: 'final', text: 'hello', notices: [] },
    { kind: 'inserted', receipt: { kind: 'failed', error: held } },
    { kind: 'ended', outcome: 'done' },
  )

  await pass(60_000)
  expect(hides(parts)).toBe(0)
  await act(async () => void fireEvent.click(button('Copy')))
  expect(parts.host.told.at(-1)).toEqual(['text:copy', 'hello'])
  await pass(4100)

  expect(hides(parts)).toBe(1)
})

test('what a private dictation had until it failed stays to be copied', async () => {
  const parts = setUp()
  render(<Pill />, { wrapper: parts.wrapper })
  await act(async () => {})
  await parts.host.tell('private:changed', true)
  await parts.host.tell('hotkey:pressed', undefined)
  await parts.microphone.tell({ kind: 'live' })
  await parts.host.events(
    DICTATION,
    { kind: 'final', text: 'half of it', notices: [] },
    { kind: 'trouble', error: DOWN },
    { kind: 'ended', outcome: 'failed' },
  )

  await pass(60_000)
  await act(async () => void fireEvent.click(button('Copy')))

  expect(hides(parts)).toBe(0)
  expect(parts.host.told.at(-1)).toEqual(['text:copy', 'half of it'])
})

test('an error shows where its recording is', async () => {
  const { host } = await recording()
  await host.events(
    DICTATION,
    { kind: 'trouble', error: DOWN },
    { kind: 'ended', outcome: 'failed' },
  )

  fireEvent.click(button('Show'))

  expect(host.calls.at(-1)).toEqual(['window:show', 'history'])
})

/** The older one becomes text; the newer one is recorded. */
async function twoAtATime() {
  const parts = await recording()
  await parts.host.tell('hotkey:pressed', undefined)
  await parts.microphone.finished()
  await parts.host.tell('hotkey:pressed', undefined)
  await parts.microphone.tell({ kind: 'live' })
  return parts
}

test('the hotkey begins another dictation while a text is made, and both are seen', async () => {
  const { host } = await twoAtATime()

  expect(screen.getByRole('timer')).toBeTruthy()
  expect(text()).toContain('Previous: Transcribing')
  await host.events(
    DICTATION,
    { kind: 'inserted', receipt: { kind: 'pasted', clipboardRestored: true } },
    { kind: 'ended', outcome: 'done' },
  )

  expect(text()).toContain('Previous: Inserted')
})

test('it stays for an older dictation that goes on', async () => {
  const parts = await twoAtATime()

  await act(async () => void fireEvent.click(button('Discard the recording')))
  await pass(1600)
  expect(hides(parts)).toBe(0)
  expect(text()).toContain('Transcribing')
  await parts.host.events(DICTATION, { kind: 'ended', outcome: 'done' })
  await pass(4100)

  expect(hides(parts)).toBe(1)
})

test('audio that is only in the page is discarded after a question, and not by it', async () => {
  const parts = setUp()
  const answer = later<number>()
  parts.host.answers['dictation:open'] = () => answer.promise
  render(<Pill />, { wrapper: parts.wrapper })
  await act(async () => {})
  await parts.host.tell('hotkey:pressed', undefined)
  await parts.microphone.tell({ kind: 'live' })
  await parts.microphone.hear(3)
  await act(async () => answer.reject(DOWN))

  fireEvent.click(button('Close'))
  expect(hides(parts)).toBe(0)
  fireEvent.click(button('Keep it'))
  expect(button('Try again')).toBeTruthy()
  fireEvent.click(button('Close'))
  fireEvent.click(button('Discard'))

  expect(hides(parts)).toBe(1)
})

test('a private dictation says so', async () => {
  const parts = setUp()
  render(<Pill />, { wrapper: parts.wrapper })
  await act(async () => {})
  await parts.host.tell('private:changed', true)

  await parts.host.tell('hotkey:pressed', undefined)

  expect(screen.getByText('Private')).toBeTruthy()
})
