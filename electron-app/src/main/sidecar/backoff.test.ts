import { expect, test } from 'vitest'
import { Backoff } from './backoff'

function clocked(random = (): number => 0.5) {
  const clock = { nowMs: 0 }
  return { clock, backoff: new Backoff(() => clock.nowMs, random) }
}

test('the wait doubles from half a second, up to thirty seconds', () => {
  const { clock, backoff } = clocked()
  const waits = Array.from({ length: 9 }, () => {
    clock.nowMs += 50_000 // rarely enough to be no loop
    return backoff.crashed()?.delayMs
  })

  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
})

test('a sidecar that was well for a minute is forgiven', () => {
  const { clock, backoff } = clocked()
  backoff.crashed()
  backoff.crashed()
  backoff.ready()
  clock.nowMs += 60_000

  expect(backoff.crashed()).toEqual({ attempt: 1, delayMs: 500 })
})

test('a sidecar that was well for less is not', () => {
  const { clock, backoff } = clocked()
  backoff.crashed()
  backoff.ready()
  clock.nowMs += 59_999

  expect(backoff.crashed()?.attempt).toBe(2)
})

test('the fifth crash within three minutes is the last, until somebody asks again', () => {
  const { clock, backoff } = clocked()
  const crash = () => {
    clock.nowMs += 40_000
    return backoff.crashed()
  }
  const first = [crash(), crash(), crash(), crash()]

  expect(first).not.toContain(null)
  expect(crash()).toBeNull()
  backoff.forget()
  expect(crash()).toEqual({ attempt: 1, delayMs: 500 })
})

test('waits differ by a fifth at most, so that nothing starts in step', () => {
  expect(clocked(() => 0).backoff.crashed()?.delayMs).toBe(400)
  expect(clocked(() => 1).backoff.crashed()?.delayMs).toBe(600)
})
