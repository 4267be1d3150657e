import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import type { ModelInfo } from '../../../shared/protocol'
import { AppContext, makeApp } from '../../store'
import {
  type Answers,
  failure,
  modelOf,
  PREFERENCES,
  pending,
  scriptedHost,
} from '../../store/scripted-host'
import { ModelsPage } from '.'

afterEach(cleanup)

async function openPage(models: readonly ModelInfo[], answers: Answers = {}) {
  const host = scriptedHost({
    'sidecar:status': () => ({ state: 'ready' }),
    'config:get': () => PREFERENCES,
    'config:set': (changes) => ({ ...PREFERENCES, ...changes }),
    'engines:list': () => ({
      defaultEngine: 'builtin',
      engines: [{ id: 'builtin', state: 'ready' }],
    }),
    'models:list': () => models,
    'models:speeds': () => ({ quick: 0.31 }),
    ...answers,
  })
  render(
    <AppContext value={makeApp(host.api)}>
      <ModelsPage />
    </AppContext>,
  )
  await screen.findByText('Built-in engine')
  return host
}

function card(name: string) {
  const article = screen.getByRole('heading', { name }).closest('article')
  if (article === null) throw new Error(`${name} has no card`)
  return within(article)
}

function press(name: string, within = screen as Pick<typeof screen, 'getByRole'>) {
  fireEvent.click(within.getByRole('button', { name }))
}

test('a speed is told only where it was measured', async () => {
  await openPage([modelOf('quick', 'installed'), modelOf('other', 'installed')])

  expect(card('quick').getByText('0.31× real time here')).toBeTruthy()
  expect(card('other').queryByText(/real time/)).toBeNull()
})

test('an install tells phase, pace and time left, and pauses', async () => {
  const end = pending<ModelInfo>()
  const host = await openPage([modelOf('small', 'available')], {
    'models:install': () => end.promise,
    'models:stop': () => end.reject(failure('CANCELLED', false)) as undefined,
  })
  fireEvent.change(card('small').getByLabelText('Download from'), {
    target: { value: 'huggingface' },
  })

  press('Install', card('small'))
  host.tell('models:progress', {
    model: 'small',
    progress: {
      t: 'model_progress',
      phase: 'downloading',
      done: 5e8,
      total: 1e9,
      bytes_per_s: 12.4e6,
      left_ms: 40_000,
    },
  })
  const bar = await screen.findByRole('progressbar', { name: 'Downloading' })
  const share = bar.getAttribute('aria-valuenow')
  const facts = ['500 MB of 1 GB', '12 MB/s', '40 seconds left'].map((text) =>
    screen.queryByText(text),
  )
  press('Pause', card('small'))

  expect(host.calls).toContainEqual(['models:install', 'small', 'huggingface'])
  expect(share).toBe('50')
  expect(facts).not.toContain(null)
  await waitFor(() => expect(screen.queryByRole('progressbar')).toBeNull())
})

test('a download that was begun can be resumed or discarded', async () => {
  await openPage([{ ...modelOf('small', 'partial'), here_bytes: 40 }])

  expect(card('small').getByRole('button', { name: 'Resume' })).toBeTruthy()
  expect(card('small').getByRole('button', { name: 'Discard the download' })).toBeTruthy()
  expect(card('small').getByText('40 B of 100 B are here.')).toBeTruthy()
})

test('a download that fails says why, and is tried again', async () => {
  const host = await openPage([modelOf('small', 'available')], {
    'models:install': () => Promise.reject(failure('DOWNLOAD_NET')),
  })

  press('Install', card('small'))
  await screen.findByText('The download did not work')
  press('Try again', card('small'))

  await waitFor(() =>
    expect(host.calls.filter(([channel]) => channel === 'models:install')).toHaveLength(2),
  )
})

test('a model is deleted only after a question', async () => {
  const host = await openPage([modelOf('small', 'installed')], { 'models:remove': () => 200 })

  press('Delete', card('small'))
  const asked = host.calls.some(([channel]) => channel === 'models:remove')
  press('Delete', within(screen.getByRole('dialog')))

  expect(asked).toBe(false)
  await waitFor(() => expect(host.calls).toContainEqual(['models:remove', 'small']))
})

test('a model becomes the engine of dictations', async () => {
  await openPage([modelOf('small', 'installed')])
  const before = card('Built-in engine').queryByText('In use')

  press('Use for dictation', card('small'))

  expect(before).not.toBeNull()
  await waitFor(() => expect(card('small').getByText('In use')).toBeTruthy())
})

test('where the host has no picker, a folder is typed', async () => {
  const host = await openPage([], { 'models:import': () => modelOf('mine', 'installed') })

  press('Import a folder')
  const dialog = within(screen.getByRole('dialog'))
  fireEvent.change(dialog.getByRole('textbox'), { target: { value: ' /models/mine ' } })
  press('Import a folder', dialog)

  await waitFor(() => expect(host.calls).toContainEqual(['models:import', '/models/mine']))
})
