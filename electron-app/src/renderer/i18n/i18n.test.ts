import { afterEach, expect, test } from 'vitest'
import { formatBytes, formatDay, formatDuration, formatRemaining, onLocale, setLocale, t } from '.'
import { en } from './en'
import { zh } from './zh'

afterEach(() => setLocale('en'))

function holes(message: unknown): readonly string[] {
  const texts = typeof message === 'string' ? [message] : Object.values(message as object)
  return [...new Set(texts.join(' ').match(/\{\w+\}/g))].sort()
}

test('Chinese has the keys of English, and its sentences the same holes', () => {
  const misfits = Object.keys(en).filter((key) => {
    const name = key as keyof typeof en
    return !Object.hasOwn(zh, key) || holes(en[name]).join() !== holes(zh[name]).join()
  })

  expect(misfits).toEqual([])
  expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort())
})

test('no sentence is empty, and English ones end without an exclamation mark', () => {
  const texts = [en, zh].flatMap((all) =>
    Object.values(all).flatMap((message) =>
      typeof message === 'string' ? [message] : Object.values(message),
    ),
  )

  expect(texts.filter((text) => text.trim() === '' || /[!！]/.test(text))).toEqual([])
})

test('plurals follow the language', () => {
  const english = [1, 2].map((count) => t('history.found', { count }))
  setLocale('zh')
  const chinese = [1, 2].map((count) => t('history.found', { count }))

  expect(english).toEqual(['1 entry', '2 entries'])
  expect(chinese).toEqual(['1 条记录', '2 条记录'])
})

test('numbers are written as the language writes them', () => {
  expect(t('history.found', { count: 12345 })).toBe('12,345 entries')
})

test('a change of the language is told, and marks the page', () => {
  let told = 0
  const off = onLocale(() => {
    told += 1
  })

  setLocale('zh')
  setLocale('zh')
  off()
  setLocale('en')

  expect(told).toBe(1)
  expect(document.documentElement.lang).toBe('en')
})

test('durations are written as clocks do', () => {
  expect([999, 65_000, 3_725_000].map(formatDuration)).toEqual(['0:00', '1:05', '1:02:05'])
})

test('sizes have the unit that fits', () => {
  expect([512, 2_500, 12_400_000, 1_876_091_704].map(formatBytes)).toEqual([
    '512 B',
    '3 kB',
    '12 MB',
    '1.9 GB',
  ])
})

test('what is left is said in one unit', () => {
  expect([400, 42_000, 150_000, 5_400_000].map(formatRemaining)).toEqual([
    '1 second',
    '42 seconds',
    '3 minutes',
    '1.5 hours',
  ])
})

test('days are named by how far away they are', () => {
  const now = new Date(2026, 2, 30, 9).getTime()
  const at = (...date: [number, number, number, number]) => new Date(...date).getTime()

  expect(formatDay(at(2026, 2, 30, 1), now)).toBe('Today')
  expect(formatDay(at(2026, 2, 29, 23), now)).toBe('Yesterday')
  expect(formatDay(at(2026, 2, 2, 12), now)).toBe('Monday, March 2')
  expect(formatDay(at(2025, 11, 31, 12), now)).toBe('Wednesday, December 31, 2025')
})
