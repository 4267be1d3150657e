import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { LiveText } from './live-text'

afterEach(cleanup)

const live = (committed: string, tentative = '', isGrowing = true) => (
  <LiveText committed={committed} tentative={tentative} isGrowing={isGrowing} lang="en" />
)

const announced = () => document.querySelector('[aria-live]')?.textContent

/** happy-dom lays nothing out: the sizes that a browser would find. */
function withHeights(element: HTMLElement, clientHeight: number, scrollHeight: number) {
  Object.defineProperty(element, 'clientHeight', { value: clientHeight, configurable: true })
  Object.defineProperty(element, 'scrollHeight', { value: scrollHeight, configurable: true })
}

test('text that may change is not read out, text that stays is read out once', () => {
  const { rerender } = render(live('', 'one tw'))
  expect(announced()).toBe('')

  rerender(live('one ', 'two'))
  expect(announced()).toBe('one ')
  rerender(live('one two ', 'thr'))

  expect(announced()).toBe('two ')
})

test('what is said twice in a row is read out twice', () => {
  const { rerender } = render(live('yes '))
  const before = document.querySelector('[aria-live]')?.firstChild

  rerender(live('yes yes '))

  expect(announced()).toBe('yes ')
  expect(document.querySelector('[aria-live]')?.firstChild).not.toBe(before)
})

test('a text that became another one is read out as a whole', () => {
  const { rerender } = render(live('hello world'))

  rerender(live('Hello, world.', '', false))

  expect(announced()).toBe('Hello, world.')
})

test('the text says in which language it is', () => {
  render(live('one'))

  expect(screen.getByText('one', { selector: 'p' }).lang).toBe('en')
})

test('the end is followed, until somebody scrolls up, and again once they are back', () => {
  const { rerender } = render(live('one'))
  const box = screen.getByRole('region')
  withHeights(box, 100, 500)
  rerender(live('one two'))
  expect(box.scrollTop).toBe(500)

  box.scrollTop = 120
  box.dispatchEvent(new Event('scroll', { bubbles: true }))
  rerender(live('one two three'))
  expect(box.scrollTop).toBe(120)

  box.scrollTop = 395
  box.dispatchEvent(new Event('scroll', { bubbles: true }))
  rerender(live('one two three four'))
  expect(box.scrollTop).toBe(500)
})
