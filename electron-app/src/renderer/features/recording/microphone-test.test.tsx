import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { MicrophoneTest } from './microphone-test'
import { setUp } from './testing'

afterEach(cleanup)

async function testing() {
  const parts = setUp()
  const { unmount } = render(<MicrophoneTest />, { wrapper: parts.wrapper })
  await act(async () => void fireEvent.click(screen.getByRole('button')))
  return { ...parts, unmount }
}
const verdict = () => screen.getByRole('status').textContent

test('it says whether one can be heard, and lets go of the microphone in the end', async () => {
  const { microphone, unmount } = await testing()
  const told = [verdict()]

  await microphone.tell({ kind: 'live' })
  told.push(verdict())
  await microphone.peak(0.5)
  told.push(verdict())
  unmount()

  expect(told).toEqual(['Waiting for the microphone', 'Say something.', 'You can be heard.'])
  expect(microphone.log).toEqual(['open ', 'release'])
})

test('nobody is told that they are heard by a device that was pulled', async () => {
  const { microphone } = await testing()
  await microphone.tell({ kind: 'live' })
  await microphone.peak(0.5)

  await microphone.tell({ kind: 'lost' })
  expect(verdict()).toBe('Waiting for the microphone')
  await microphone.tell({ kind: 'restored', label: 'Desk' })

  expect(verdict()).toBe('Say something.')
})
