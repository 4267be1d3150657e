import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { AppContext, makeApp } from '../../store'
import {
  type Answers,
  entryOf,
  failure,
  PREFERENCES,
  scriptedHost,
} from '../../store/scripted-host'
import { Toasts } from '../../ui/toasts'
import { HistoryPage } from '.'

afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

const ENTRIES = [
  entryOf(3, '今天在北京开会。'),
  entryOf(2, 'The second.'),
  entryOf(1, 'The first.'),
]

async function openPage(answers: Answers = {}) {
  const host = scriptedHost({
    'sidecar:status': () => ({ state: 'ready' }),
    'config:get': () => PREFERENCES,
    'recordings:list': () => [],
    'history:list': ({ query = '' }) => {
      const entries = ENTRIES.filter(({ text }) => text.includes(query))
      return { entries, total: entries.length }
    },
    'history:get': (entry) => ({ entry: entryOf(entry), segments: [], versions: [] }),
    ...answers,
  })
  render(
    <AppContext value={makeApp(host.api)}>
      <HistoryPage />
      <Toasts />
    </AppContext>,
  )
  await screen.findByText(/entr|Something/)
  return host
}

/** What an entry's line shows, the mark of a search included. */
function lines() {
  return [...document.querySelectorAll('.entry-line')].map((line) => line.textContent)
}

test('a part of a Chinese sentence is found and marked as it is typed', async () => {
  await openPage()

  fireEvent.change(screen.getByRole('searchbox'), { target: { value: '北京' } })

  await waitFor(() => expect(lines()).toEqual(['今天在北京开会。']))
  expect(document.querySelector('mark')?.textContent).toBe('北京')
})

test('what is deleted can be had back for a while', async () => {
  const host = await openPage({
    'history:delete': (entries) => entries.length,
    'history:update': ({ entry }) => entryOf(entry),
  })
  const second = document.querySelector<HTMLElement>('[data-entry="2"]')
  if (second === null) throw new Error('the entry is not shown')

  fireEvent.click(within(second).getByRole('button', { name: 'Delete' }))
  const undo = await screen.findByRole('button', { name: 'Undo' })
  const left = lines()
  fireEvent.click(undo)

  expect(left).toEqual(['今天在北京开会。', 'The first.'])
  await waitFor(() => expect(lines()).toHaveLength(3))
  expect(host.calls).toContainEqual(['history:update', { entry: 2, trashed: false }])
})

test('an entry that cannot be deleted stays, and that is told', async () => {
  await openPage({ 'history:delete': () => Promise.reject(failure('DISK_FULL')) })

  fireEvent.click(screen.getAllByRole('button', { name: 'Delete' })[0] as HTMLElement)

  await screen.findByText(/The disk is full/)
  expect(lines()).toHaveLength(3)
})

test('several entries are deleted together', async () => {
  const host = await openPage({ 'history:delete': (entries) => entries.length })

  for (const box of screen.getAllByRole('checkbox').slice(0, 2)) fireEvent.click(box)
  const bar = screen.getByText('2 selected').parentElement as HTMLElement
  fireEvent.click(within(bar).getByRole('button', { name: 'Delete' }))

  await waitFor(() => expect(lines()).toEqual(['The first.']))
  expect(host.calls).toContainEqual(['history:delete', [3, 2], false])
})

test('an edited text is kept', async () => {
  const host = await openPage({ 'history:update': ({ entry, text }) => entryOf(entry, text) })

  fireEvent.click(screen.getByRole('button', { name: /The first/ }))
  fireEvent.click(screen.getByRole('button', { name: 'Edit' }))
  const area = screen.getByRole('textbox', { name: 'Text of this entry' })
  fireEvent.change(area, { target: { value: 'The very first.' } })
  fireEvent.click(screen.getByRole('button', { name: 'Save' }))

  await screen.findByText('The very first.')
  expect(host.calls).toContainEqual(['history:update', { entry: 1, text: 'The very first.' }])
})

test('an interrupted recording is offered on top, and discarded only after a question', async () => {
  const recording = {
    recording: 'a',
    state: 'interrupted',
    began_s: 1_700_000_000,
    audio_ms: 65_000,
    engine: 'builtin',
  } as const
  const host = await openPage({
    'recordings:list': () => [recording],
    'recordings:discard': () => undefined,
  })
  await screen.findByText('A recording was interrupted')

  fireEvent.click(screen.getByRole('button', { name: 'Discard' }))
  const asked = host.calls.some(([channel]) => channel === 'recordings:discard')
  await act(async () =>
    fireEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Discard' })),
  )

  expect(asked).toBe(false)
  expect(host.calls).toContainEqual(['recordings:discard', 'a'])
  expect(screen.queryByText('A recording was interrupted')).toBeNull()
})

test('a history that cannot be read is no empty history', async () => {
  await openPage({ 'history:list': () => Promise.reject(failure('INTERNAL', false)) })

  expect(screen.getByRole('alert').textContent).toContain('Something went wrong')
  expect(screen.queryByText('Nothing here yet')).toBeNull()
})
