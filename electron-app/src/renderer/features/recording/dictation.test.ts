import { expect, test } from 'vitest'
import type { DictationEvent } from '../../../shared/ipc'
import { beginDictation, type Dictation, textOf, withHostEvent } from './dictation'

const after = (...events: readonly DictationEvent[]): Dictation =>
  events.reduce(withHostEvent, beginDictation(1, false))

const commit = (text: string, offset: number): DictationEvent => ({ kind: 'commit', text, offset })

test('commits are joined, and a partial replaces the one before', () => {
  const dictation = after(
    { kind: 'partial', text: 'one' },
    { kind: 'partial', text: 'one two' },
    commit('one ', 0),
    commit('two ', 4),
    { kind: 'partial', text: 'three' },
  )

  expect(dictation).toMatchObject({ committed: 'one two ', tentative: 'three' })
})

test('what is still tentative after a commit stays in its place', () => {
  expect(after({ kind: 'partial', text: 'one two' }, commit('one ', 0)).tentative).toBe('two')
  expect(after({ kind: 'partial', text: 'won two' }, commit('one ', 0)).tentative).toBe('')
})

test('a commit that is told again after a restart is not shown twice', () => {
  const dictation = after(commit('one ', 0), commit('one two ', 0), commit('two ', 4))

  expect(dictation.committed).toBe('one two ')
})

test('offsets count characters, also those that JavaScript counts twice', () => {
  const dictation = after(commit('好𠮷', 0), commit('野', 2), commit('野', 2))

  expect(dictation.committed).toBe('好𠮷野')
})

test('after a restart the text is what the sidecar still has', () => {
  const dictation = after(
    commit('one two ', 0),
    { kind: 'interrupted' },
    { kind: 'resumed', text: 'one ' },
    commit('two ', 4),
  )

  expect(dictation).toMatchObject({ committed: 'one two ', link: 'open' })
})

test('nothing is added to a final text', () => {
  const dictation = after({ kind: 'final', text: 'all', notices: [] }, commit('late', 0), {
    kind: 'partial',
    text: 'late',
  })

  expect([textOf(dictation), dictation.tentative]).toEqual(['all', ''])
})

test('the polished text is the text, and the raw one stays', () => {
  const dictation = after(
    { kind: 'final', text: 'um hello', notices: [] },
    { kind: 'polishing', text: '' },
    { kind: 'polishing', text: 'Hel' },
    { kind: 'polished', text: 'Hello.' },
  )

  expect([textOf(dictation), dictation.raw]).toEqual(['Hello.', 'um hello'])
})

test('what a model writes is not shown before it is trusted', () => {
  const dictation = after(
    { kind: 'final', text: 'um hello', notices: [] },
    { kind: 'polishing', text: 'Sure, here you are' },
  )

  expect([textOf(dictation), dictation.raw]).toEqual(['um hello', 'um hello'])
})
