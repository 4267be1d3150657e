import { expect, test } from 'vitest'
import type { CommitEvent, PartialEvent, SegmentFinalEvent } from '../../shared/protocol'
import { Transcript } from './transcript'

function commit(text: string, offset = 0): CommitEvent {
  const words = [{ text: text.trim(), start_ms: 100, end_ms: 400 }]
  return { t: 'commit', segment: 0, offset, text, start_ms: 100, end_ms: 400, words }
}

function partial(text: string): PartialEvent {
  return { t: 'partial', segment: 0, revision: 0, text, stable_chars: 0 }
}

function final(
  text: string,
  end_ms: number,
  trigger: SegmentFinalEvent['trigger'] = 'pause',
): SegmentFinalEvent {
  return { t: 'segment_final', segment: 0, text, start_ms: 64, end_ms, trigger }
}

test('commits are joined as they are, and each says what came before it', () => {
  const transcript = new Transcript()

  const told = [transcript.commit(commit('one')), transcript.commit(commit(' 𠀀two', 3))]

  expect(transcript.text).toBe('one 𠀀two')
  expect(told).toEqual([
    { text: 'one', offset: 0 },
    { text: ' 𠀀two', offset: 3 },
  ])
  expect(transcript.commit(commit('.', 8)).offset).toBe(8)
})

test('what was committed after the boundary is taken back when another stream begins', () => {
  const transcript = new Transcript()
  transcript.commit(commit('one'))
  transcript.endSegment(final('one', 960))
  transcript.commit(commit(' two', 3))

  transcript.restart()
  const afterRestart = transcript.text
  const first = transcript.partial(partial('two'))
  const again = transcript.commit(commit('two'))

  expect(afterRestart).toBe('one')
  expect(first).toBe(' two')
  expect(again).toEqual({ text: ' two', offset: 3 })
  expect(transcript.text).toBe('one two')
  expect(transcript.boundaryMs).toBe(960)
})

test('no space is put between Chinese sentences that two streams heard', () => {
  const transcript = new Transcript()
  transcript.commit(commit('今天很好。'))
  transcript.endSegment(final('今天很好。', 960))
  transcript.restart()

  transcript.commit(commit('明天也好。'))

  expect(transcript.text).toBe('今天很好。明天也好。')
})

test('times count from the start of the dictation, whichever stream heard it', () => {
  const transcript = new Transcript()
  transcript.commit(commit('one'))
  transcript.endSegment(final('one', 960))
  transcript.restart()
  transcript.commit(commit('two'))
  transcript.endSegment(final('two', 640))

  expect(transcript.segments).toEqual([
    {
      start_ms: 64,
      end_ms: 960,
      text: 'one',
      words: [{ text: 'one', start_ms: 100, end_ms: 400 }],
    },
    {
      start_ms: 1024,
      end_ms: 1600,
      text: 'two',
      words: [{ text: 'two', start_ms: 1060, end_ms: 1360 }],
    },
  ])
  expect(transcript.boundaryMs).toBe(1600)
})

test('speech that was cut for its length is heard again from the last pause on', () => {
  const transcript = new Transcript()
  transcript.commit(commit('one'))
  transcript.endSegment(final('one', 960))
  transcript.commit(commit(' two', 3))
  transcript.endSegment(final('two', 28_000, 'length'))
  transcript.commit(commit(' three', 7))

  transcript.restart()

  expect(transcript.text).toBe('one')
  expect(transcript.segments.map((segment) => segment.text)).toEqual(['one'])
  expect(transcript.boundaryMs).toBe(960)
})

test('a segment in which nothing was said moves the boundary alone', () => {
  const transcript = new Transcript()

  transcript.endSegment(final('', 960))

  expect([transcript.segments, transcript.boundaryMs]).toEqual([[], 960])
})

test('text whose commits are too old to be told again is appended at once', () => {
  const transcript = new Transcript()
  transcript.commit(commit('one'))

  const missed = transcript.catchUp('one two three', 7)
  const next = transcript.commit(commit(' three', 7))
  const nothing = transcript.catchUp('one two three')

  expect([missed, next, nothing]).toEqual([
    { text: ' two', offset: 3 },
    { text: ' three', offset: 7 },
    null,
  ])
})

test('a segment whose commits did not come moves no boundary', () => {
  const transcript = new Transcript()

  transcript.endSegment(final('one', 960))

  expect(transcript.boundaryMs).toBe(0)
})
