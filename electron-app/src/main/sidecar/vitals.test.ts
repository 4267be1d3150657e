import { expect, test } from 'vitest'
import { type Verdict, Vitals } from './vitals'

/** Verdicts of checks at every second of a range. */
function watch(vitals: Vitals, fromS: number, toS: number, heardAtS: number): Verdict[] {
  const seconds = Array.from({ length: toS - fromS }, (_, at) => fromS + at + 1)
  return seconds.map((second) => vitals.check(second * 1000, heardAtS * 1000))
}

test('silence is first a hint, then the end', () => {
  const verdicts = watch(new Vitals(), 0, 15, 0)

  expect(verdicts.indexOf('unresponsive') + 1).toBe(6)
  expect(verdicts.indexOf('dead') + 1).toBe(15)
})

test('a word is enough', () => {
  const vitals = new Vitals()
  watch(vitals, 0, 10, 0)

  expect(vitals.check(11_000, 10_500)).toBe('well')
})

test('a gap between two checks means that we slept, and is no silence', () => {
  const vitals = new Vitals()
  vitals.check(1000, 1000)

  const after = watch(vitals, 600, 626, 1)

  expect(after.indexOf('unresponsive') + 1).toBe(1 + 10 + 6)
  expect(after.indexOf('dead') + 1).toBe(1 + 10 + 15)
})

test('how long it took to begin is no gap', () => {
  const vitals = new Vitals()
  vitals.check(20_000, 20_000)

  expect(vitals.check(24_000, 20_000)).toBe('well')
  expect(vitals.check(26_000, 20_000)).toBe('unresponsive')
})

test('nothing is silence while the machine sleeps, nor for ten seconds after', () => {
  const vitals = new Vitals()
  vitals.suspend()
  expect(new Set(watch(vitals, 0, 100, 0))).toEqual(new Set(['well']))

  vitals.resume(100_000)

  expect(new Set(watch(vitals, 100, 115, 0))).toEqual(new Set(['well']))
  expect(vitals.check(116_000, 0)).toBe('unresponsive')
})
