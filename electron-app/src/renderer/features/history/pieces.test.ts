import { expect, test } from 'vitest'
import type { Segment } from '../../../shared/protocol'
import { entryOf } from '../../store/scripted-host'
import { groupByDay } from './days'
import { exportName } from './export-entries'
import { pieces } from './highlight'
import { locateWords } from './locate-words'
import { neighbourOf } from './use-focus-after-removal'

function segmentOf(text: string, ...words: string[]): Segment {
  return {
    start_ms: 0,
    end_ms: 1000,
    text,
    words: words.map((word, index) => ({
      text: word,
      start_ms: index * 100,
      end_ms: index * 100 + 100,
    })),
  }
}

test('Chinese is marked where the query stands within a sentence', () => {
  expect(pieces('我们在北京开会', '北京')).toEqual([
    { at: 0, text: '我们在', isHit: false },
    { at: 3, text: '北京', isHit: true },
    { at: 5, text: '开会', isHit: false },
  ])
})

test('letters of any case are marked, and signs stand for themselves', () => {
  const hits = (text: string, query: string) =>
    pieces(text, query)
      .filter(({ isHit }) => isHit)
      .map((piece) => piece.text)

  expect(hits('Anna and ANNA', 'anna')).toEqual(['Anna', 'ANNA'])
  expect(hits('a+b (c)', '+ (c)')).toEqual(['+', '(c)'])
  expect(hits('nothing', '   ')).toEqual([])
})

test('words are found in the text, with what stands between them', () => {
  const spans = locateWords(segmentOf('The cat, the hat.', 'The', 'cat', 'the', 'hat'))

  expect(spans.map(({ text }) => text)).toEqual(['The', ' ', 'cat', ', ', 'the', ' ', 'hat', '.'])
  expect(spans.filter(({ word }) => word).map(({ word }) => word?.start_ms)).toEqual([
    0, 100, 200, 300,
  ])
})

test('no text is lost where a word is written otherwise than it was heard', () => {
  const spans = locateWords(segmentOf('今天 20 人。', '今', '天', '二十', '人'))

  expect(spans.map(({ text }) => text).join('')).toBe('今天 20 人。')
  expect(spans.filter(({ word }) => word).map(({ text }) => text)).toEqual(['今', '天', '人'])
})

test('entries of a day stand together, newest first', () => {
  const at = (entry: number, date: Date) => ({ ...entryOf(entry), created_ms: date.getTime() })
  const days = groupByDay([
    at(3, new Date(2026, 0, 3, 0, 1)),
    at(2, new Date(2026, 0, 2, 23, 59)),
    at(1, new Date(2026, 0, 2, 0, 0)),
  ])

  expect(days.map(({ entries }) => entries.map(({ entry }) => entry))).toEqual([[3], [2, 1]])
})

test('an exported file says when it was made', () => {
  expect(exportName('srt', new Date(2026, 0, 2, 3, 4).getTime())).toBe('sotto-2026-01-02-0304.srt')
})

test('after a removal the next entry is at hand, or the last that is left', () => {
  const entries = [4, 3, 2, 1].map((entry) => entryOf(entry))

  expect(neighbourOf(entries, [3])).toBe(2)
  expect(neighbourOf(entries, [4, 2])).toBe(1)
  expect(neighbourOf(entries, [2, 1])).toBe(3)
  expect(neighbourOf(entries, [4, 3, 2, 1])).toBeNull()
})
