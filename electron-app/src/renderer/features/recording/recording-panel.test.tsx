import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import type { AppError, DictationEvent } from '../../../shared/ipc'
import { RecordingPanel } from './recording-panel'
import { DOWN, later, PREFERENCES, setUp } from './testing'

afterEach(cleanup)

const DICTATION = 41
const START = 'Start recording'
const STOP = 'Stop recording'

async function open(info: Parameters<typeof setUp>[0] = {}) {
  const parts = setUp({ startsByHotkey: false, ...info })
  render(<RecordingPanel />, { wrapper: parts.wrapper })
  await act(async () => {})
  return parts
}

const button = (name: string) => screen.getByRole('button', { name })
const click = (name: string) => act(async () => void fireEvent.click(button(name)))
/** It can be reached and read, and does nothing. */
const rests = (name: string) => button(name).getAttribute('aria-disabled') === 'true'
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

test('the button starts and stops, and rests while the last words are taken', async () => {
  const { microphone } = await open()

  await click(START)
  await microphone.tell({ kind: 'live' })
  await microphone.hear(25)
  expect(screen.getByRole('timer').textContent).toBe('0:02')
  await click(STOP)
  expect(rests(STOP)).toBe(true)
  await click(STOP)
  expect(microphone.log).toEqual(['open ', 'finish 200'])
  await microphone.finished()

  expect(status()).toContain('Transcribing')
  expect(rests(START)).toBe(false)
})

test('who works it by keys keeps the focus on the button', async () => {
  const { microphone } = await open()
  const record = button(START)

  record.focus()
  await click(START)
  await microphone.tell({ kind: 'live' })
  await click(STOP)
  // Browsers take the focus from what is disabled, and do not give it back.
  expect(record.hasAttribute('disabled')).toBe(false)
  button('Discard').focus()
  await click('Discard')

  expect(document.activeElement).toBe(record)
})

/** One text is on its way, and another dictation has begun. */
async function twoAtATime() {
  const parts = await open()
  await click(START)
  await parts.microphone.tell({ kind: 'live' })
  await parts.host.events(DICTATION, { kind: 'commit', text: 'the older', offset: 0 })
  await click(STOP)
  await parts.microphone.finished()
  await click(START)
  await parts.microphone.tell({ kind: 'live' })
  return parts
}

const earlier = () => screen.getByRole('region', { name: 'Previous recordings' })
const inEarlier = (name: string) =>
  act(async () => void fireEvent.click(within(earlier()).getByRole('button', { name })))

test('an older dictation says how it is while a newer one is recorded', async () => {
  const { host } = await twoAtATime()
  expect(status()).toContain('Speak now')
  expect(earlier().textContent).toContain('Previous: Transcribing')
  expect(earlier().textContent).toContain('the older')

  await host.events(
    DICTATION,
    { kind: 'final', text: 'the older one', notices: [] },
    { kind: 'inserted', receipt: { kind: 'pasted', clipboardRestored: true } },
    { kind: 'ended', outcome: 'done' },
  )
  expect(earlier().textContent).toContain('Previous: Inserted')
  await inEarlier('Copy')
  expect(host.told.at(-1)).toEqual(['text:copy', 'the older one'])
  await inEarlier('Dismiss')

  expect(screen.queryByRole('region', { name: 'Previous recordings' })).toBeNull()
  expect(status()).toContain('Speak now')
})

test('an older dictation that fails says why, and where its audio is', async () => {
  const { host } = await twoAtATime()

  await host.events(
    DICTATION,
    { kind: 'trouble', error: DOWN },
    { kind: 'ended', outcome: 'failed' },
  )

  expect(earlier().textContent).toContain('Previous: The speech engine')
  expect(earlier().textContent).toContain('kept in the history')
  expect(status()).toContain('Speak now')
})

test('a third recording waits for the first one, and the page says so', async () => {
  const { host, microphone } = await twoAtATime()

  await click(STOP)
  await microphone.finished()
  expect(rests(START)).toBe(true)
  await click(START)
  expect(status()).toContain('Two recordings are being transcribed')
  await host.events(DICTATION, { kind: 'ended', outcome: 'done' })

  expect(rests(START)).toBe(false)
  expect(status()).not.toContain('Two recordings')
})

test('a text that is ready before an older one says what it waits for', async () => {
  const { host, microphone } = await twoAtATime()
  await click(STOP)
  await microphone.finished()

  await host.events(DICTATION + 1, { kind: 'final', text: 'the newer', notices: [] })

  expect(status()).toContain('It follows the previous one')
})

test('audio that is only in the page is discarded after a question, and not by it', async () => {
  const { host, microphone } = await open()
  const answer = later<number>()
  host.answers['dictation:open'] = () => answer.promise
  await click(START)
  await microphone.tell({ kind: 'live' })
  await microphone.hear(3)
  await act(async () => answer.reject(DOWN))

  await click('Dismiss')
  const [first] = within(screen.getByRole('dialog')).getAllByRole('button')
  expect(first?.textContent).toBe('Keep it')
  await click('Keep it')
  expect(status()).toContain('Your recording is still here')
  await click('Dismiss')
  await click('Discard the recording')

  expect(screen.queryByRole('alert')).toBeNull()
  expect(status()).toContain('Press the button')
})

test('private mode is switched where one dictates, and seen on what it applies to', async () => {
  const { host, microphone } = await open()

  await act(async () => void fireEvent.click(screen.getByRole('switch', { name: 'Private mode' })))
  expect(host.calls.at(-1)).toEqual(['private:set', true])
  await host.tell('private:changed', true)
  expect(screen.queryByText('Private')).toBeNull()
  await click(START)
  await microphone.tell({ kind: 'live' })

  expect(screen.getByText('Private')).toBeTruthy()
  expect(host.told).toEqual([['dictation:open', { isPrivate: true }]])
})

test('in a browser the receipt says what a page cannot do', async () => {
  const { host, microphone } = await open({ canPaste: false })
  await click(START)
  await microphone.tell({ kind: 'live' })

  await host.events(
    DICTATION,
    { kind: 'final', text: 'hello', notices: [] },
    { kind: 'inserted', receipt: { kind: 'copied', why: 'no-paste-tool' } },
    { kind: 'ended', outcome: 'done' },
  )

  expect(status()).toContain('Copied. A web page cannot paste into other programs')
})

test('where the browser lets no page copy by itself, a press is enough', async () => {
  const { host, microphone } = await open({ canPaste: false })
  await click(START)
  await microphone.tell({ kind: 'live' })
  const error = { kind: 'NOT_SUPPORTED', message: 'Press Copy.', retryable: false } as const

  await host.events(
    DICTATION,
    { kind: 'final', text: 'hello', notices: [] },
    { kind: 'inserted', receipt: { kind: 'failed', error } },
    { kind: 'ended', outcome: 'done' },
  )
  expect(status()).toContain('did not let the page copy')
  expect(screen.queryByRole('alert')).toBeNull()
  await click('Copy')

  expect(status()).toBe('Copied')
})

test('what the engine cannot do is said once', async () => {
  const { host, microphone } = await open()
  const dictate = async (dictation: number) => {
    await click(START)
    await microphone.tell({ kind: 'live' })
    await host.events(
      dictation,
      { kind: 'final', text: 'hello', notices: ['Hotwords are ignored.'] },
      { kind: 'ended', outcome: 'done' },
    )
  }

  await dictate(DICTATION)
  expect(status()).toContain('Hotwords are ignored.')
  await dictate(DICTATION + 1)

  expect(status()).not.toContain('Hotwords are ignored.')
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

test('a button that is held while the last words are taken begins its own recording', async () => {
  const { host, microphone } = await open()
  await host.tell('config:changed', { ...PREFERENCES, activation: 'hold' })
  const hold = button('Hold to record')
  hold.setPointerCapture = () => {}
  const press = () => act(async () => void fireEvent.pointerDown(hold, { button: 0 }))
  const letGo = () => act(async () => void (fireEvent.pointerUp(hold) && fireEvent.click(hold)))
  await press()
  await microphone.tell({ kind: 'live' })
  await letGo()

  await press()
  await microphone.finished()
  expect(microphone.log).toEqual(['open ', 'finish 200', 'open '])
  await microphone.tell({ kind: 'live' })
  await letGo()

  expect(microphone.log).toEqual(['open ', 'finish 200', 'open ', 'finish 200'])
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

test('Escape discards from a link elsewhere on the page, and not from a field', async () => {
  const { host } = await open()
  const link = document.body.appendChild(document.createElement('a'))
  const field = document.body.appendChild(document.createElement('input'))
  await click(START)

  await act(async () => void fireEvent.keyDown(field, { key: 'Escape' }))
  const whileTyping = status()
  await act(async () => void fireEvent.keyDown(link, { key: 'Escape' }))
  for (const element of [link, field]) element.remove()

  expect(whileTyping).not.toContain('Discarded')
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

/** What the page says of a dictation to which all this happens. */
async function statusAfter(...events: readonly DictationEvent[]) {
  const { host, microphone } = await open()
  await click(START)
  await microphone.tell({ kind: 'live' })
  await host.events(DICTATION, ...events)
  return status()
}
const FULL: AppError = { kind: 'DISK_FULL', message: 'Full.', retryable: true }
const NO_MEMORY: AppError = { kind: 'OUT_OF_MEMORY', message: 'Too little.', retryable: true }
const spoken: DictationEvent = { kind: 'speech', edge: 'start' }
const final = (text: string): DictationEvent => ({ kind: 'final', text, notices: [] })
const ended = (outcome: 'done' | 'nothing-said'): DictationEvent => ({ kind: 'ended', outcome })

test('trouble that does not end a recording is told while it goes on, and at its end', async () => {
  expect(await statusAfter({ kind: 'trouble', error: FULL })).toContain('The disk is full')
  cleanup()

  const events = [{ kind: 'trouble', error: FULL }, final('all'), ended('done')] as const
  expect(await statusAfter(...events)).toContain('The disk is full')
})

test('a text that is in the history without its audio says so', async () => {
  const gone: AppError = { kind: 'NO_SESSION', message: 'Gone.', retryable: false }

  const told = await statusAfter(final('all'), { kind: 'trouble', error: gone }, ended('done'))

  expect(told).toContain('in the history without its recording')
})

test('a text that lacks something says so, and why', async () => {
  const told = await statusAfter(
    { kind: 'trouble', error: NO_MEMORY },
    final('half of it'),
    { kind: 'incomplete' },
    ended('done'),
  )

  expect(told).toContain('Part of what you said is missing')
  expect(told).toContain('memory')
})

test('speech that became no text is not called silence, and its recording is told of', async () => {
  const told = await statusAfter(spoken, final(''), ended('nothing-said'))

  expect(told).toContain('Nothing could be understood')
  expect(told).toContain('interrupted recordings')
  cleanup()
  expect(await statusAfter(final(''), ended('nothing-said'))).toBe(
    'No speech was heard. Nothing was inserted.',
  )
})

test('the raw text that somebody asked for is no failure', async () => {
  const cancelled: AppError = { kind: 'CANCELLED', message: 'As asked.', retryable: true }

  const told = await statusAfter(
    final('raw'),
    { kind: 'polishing', text: '' },
    { kind: 'unpolished', error: cancelled },
    ended('done'),
  )

  expect(told).toBe('Done')
})

test('a lag that grows is told in steps, so that nobody hears of each second', async () => {
  const { host, microphone } = await open()
  await click(START)
  await microphone.tell({ kind: 'live' })
  await host.events(DICTATION, { kind: 'opened' }, spoken)
  const told = new Set<string | null>()

  for (let lagMs = 0; lagMs <= 20_000; lagMs += 500) {
    await host.events(DICTATION, { kind: 'lag', lagMs })
    told.add(status())
  }

  expect([...told]).toEqual(['', ...[5, 10, 15, 20].map((s) => `The text is ${s} seconds behind.`)])
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
