import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { ERRORS } from '../../../shared/protocol'
import { setLocale } from '../../i18n'
import { AppContext, makeApp } from '../../store'
import { failure, scriptedHost } from '../../store/scripted-host'
import { describe, ErrorCard, StatusBanner } from '.'
import { type AnyError, REMEDIES, remediesOf } from './kinds'

afterEach(() => {
  cleanup()
  setLocale('en')
  vi.useRealTimers()
})

function renderIn(host: ReturnType<typeof scriptedHost>, content: React.ReactNode) {
  return render(<AppContext value={makeApp(host.api)}>{content}</AppContext>)
}

test('every kind of the protocol is explained in both languages, and has a remedy', () => {
  const kinds = Object.keys(ERRORS) as (keyof typeof ERRORS)[]
  const told = (['en', 'zh'] as const).map((locale) => {
    setLocale(locale)
    return kinds.map((kind) => describe(failure(kind)))
  })

  expect(kinds.filter((kind) => !Object.hasOwn(REMEDIES, kind))).toEqual([])
  // A sentence that is missing would show its key.
  expect(told.flat().filter(({ title, cause }) => !title || cause.startsWith('error.'))).toEqual([])
  expect(told[0]).not.toEqual(told[1])
})

test('a kind that is not known is told in its own words', () => {
  const strange = { kind: 'FROM_LATER', message: 'The moon is full.', retryable: true }

  expect(describe(strange as unknown as AnyError).cause).toBe(
    'The moon is full. Try again in a moment.',
  )
  expect(remediesOf(strange as unknown as AnyError)).toContain('retry')
})

test('a card retries, and stays until somebody does something about it', () => {
  vi.useFakeTimers()
  const onRetry = vi.fn()
  renderIn(scriptedHost(), <ErrorCard error={failure('DISK_FULL')} onRetry={onRetry} />)

  vi.advanceTimersByTime(3_600_000)
  fireEvent.click(screen.getByRole('button', { name: 'Try again' }))

  expect(screen.getByRole('alert').textContent).toContain('The disk is full')
  expect(onRetry).toHaveBeenCalledOnce()
})

test('trying again is not offered where nothing can be tried', () => {
  renderIn(scriptedHost(), <ErrorCard error={failure('OUT_OF_MEMORY')} />)

  expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull()
  expect(screen.getByRole('button', { name: 'Open models' })).toBeTruthy()
})

test('the report goes to the clipboard', async () => {
  const host = scriptedHost({
    'sidecar:report': () => 'the report',
    'text:copy': () => ({ kind: 'copied', why: 'asked' }),
  })
  renderIn(host, <ErrorCard error={failure('VERSION', false)} />)

  fireEvent.click(screen.getByRole('button', { name: 'Copy report' }))

  await waitFor(() => expect(host.calls).toContainEqual(['text:copy', 'the report']))
})

test('a sidecar that failed is told with a way to start it again', async () => {
  const host = scriptedHost({
    'sidecar:status': () => ({ state: 'failed', error: failure('LOAD_FAILED') }),
    'sidecar:restart': () => undefined,
  })
  renderIn(host, <StatusBanner />)

  fireEvent.click(await screen.findByRole('button', { name: 'Try again' }))

  await waitFor(() => expect(host.calls).toContainEqual(['sidecar:restart']))
})

test('a start is told only when it takes long', async () => {
  vi.useFakeTimers()
  const host = scriptedHost({ 'sidecar:status': () => ({ state: 'starting' }) })
  renderIn(host, <StatusBanner />)

  const atOnce = screen.getByRole('status').textContent
  await vi.advanceTimersByTimeAsync(2000)

  expect(atOnce).toBe('')
  expect(screen.getByRole('status').textContent).toContain('is starting')
})

test('a page that the host refuses is told how to get in, and nothing else', async () => {
  const host = scriptedHost({
    'sidecar:status': () => ({ state: 'failed', error: failure('UNAUTHORIZED', false) }),
  })
  renderIn(host, <StatusBanner />)

  await screen.findByText(/Open the link/)

  expect(screen.queryByRole('button')).toBeNull()
})
