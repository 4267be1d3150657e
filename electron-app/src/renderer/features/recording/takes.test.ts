import { expect, test } from 'vitest'
import type { AppError, DictationEvent } from '../../../shared/ipc'
import { LIMITS } from '../../../shared/protocol'
import { beginDictation, type Take } from './dictation'
import { type Effect, isHearing, isLive, type RecordingEvent } from './recording-state'
import {
  type EarlierEvent,
  isFull,
  isWaiting,
  type Known,
  NO_TAKES,
  stepTakes,
  type Takes,
  type TakesEvent,
} from './takes'

const DOWN: AppError = { kind: 'SIDECAR_DOWN', message: 'It is away.', retryable: true }

const host = (take: Take, event: DictationEvent): TakesEvent => ({ kind: 'host', take, event })
const start = (take: Take): TakesEvent => ({ kind: 'start', take, isPrivate: false })
const ends = (take: Take) => host(take, { kind: 'ended', outcome: 'done' })

const after = (takes: Takes, ...events: readonly TakesEvent[]) =>
  events.reduce((before, event) => stepTakes(before, event).takes, takes)

/** Spoken to its end: it becomes text. */
const said = (take: Take): readonly TakesEvent[] => [
  start(take),
  { kind: 'microphone', take, event: { kind: 'live' } },
  host(take, { kind: 'commit', text: `said ${take}`, offset: 0 }),
  { kind: 'stop' },
  { kind: 'drained', take },
]
const kinds = ({ now, earlier }: Takes) => [...earlier, now].map(({ kind }) => kind)

test('another dictation begins once the microphone of the one before is done', () => {
  const draining = after(NO_TAKES, ...said(1).slice(0, -1))
  expect(stepTakes(draining, start(2))).toEqual({ takes: draining, effects: [] })

  const { takes, effects } = stepTakes(after(NO_TAKES, ...said(1)), start(2))

  expect(kinds(takes)).toEqual(['transcribing', 'arming'])
  expect(effects.map(({ kind }) => kind)).toEqual(['open-microphone', 'open-dictation'])
})

test('no more begin than the host takes', () => {
  const two = after(NO_TAKES, ...said(1), ...said(2))

  expect(isFull(two)).toBe(true)
  expect(stepTakes(two, start(3))).toEqual({ takes: two, effects: [] })
  expect(kinds(after(two, ends(1), start(3)))).toEqual(['transcribing', 'arming'])
})

test('what is told of an older one changes that one alone', () => {
  const before = after(NO_TAKES, ...said(1), start(2))

  const takes = after(before, host(1, { kind: 'final', text: 'said', notices: [] }))

  expect(takes.now).toBe(before.now)
  expect(takes.earlier).toMatchObject([{ dictation: { raw: 'said' } }])
})

test('a newer text waits until the older one has ended', () => {
  const ready = host(2, { kind: 'final', text: 'newer', notices: [] })
  const both = after(NO_TAKES, ...said(1), ...said(2), ready)

  expect(isWaiting(both)).toBe(true)
  expect(isWaiting(after(both, ends(1)))).toBe(false)
})

test('one that is polished waits only when its polish is done', () => {
  const raw = host(2, { kind: 'final', text: 'newer', notices: [] })
  const polishing = after(
    NO_TAKES,
    ...said(1),
    ...said(2),
    raw,
    host(2, { kind: 'polishing', text: '' }),
  )

  expect(isWaiting(polishing)).toBe(false)
  expect(isWaiting(after(polishing, host(2, { kind: 'polished', text: 'Newer.' })))).toBe(true)
})

test('an older one that is done makes room at the next start, one that failed does not', () => {
  const done = after(NO_TAKES, ...said(1), ...said(2), ends(1), ends(2))
  expect(stepTakes(done, start(3)).effects).toContainEqual({ kind: 'forget', take: 1 })
  expect(kinds(after(done, start(3)))).toEqual(['arming'])

  const failed = host(1, { kind: 'ended', outcome: 'failed' })
  const takes = after(NO_TAKES, ...said(1), ...said(2), failed, ends(2), start(3))

  expect(kinds(takes)).toEqual(['error', 'arming'])
})

test('a text that is saved nowhere is not forgotten by another start', () => {
  const unsaved = host(1, { kind: 'unsaved', error: DOWN })
  const takes = after(NO_TAKES, ...said(1), unsaved, ends(1), start(2))

  expect(takes.earlier).toMatchObject([{ kind: 'done', dictation: { committed: 'said 1' } }])
})

test('dismissing brings back what is not over, and forgets what is', () => {
  const cancelled = after(NO_TAKES, ...said(1), start(2), { kind: 'cancel', keep: false })

  expect(kinds(after(cancelled, { kind: 'dismiss' }))).toEqual(['transcribing'])
  expect(after(cancelled, ends(1), { kind: 'dismiss' })).toEqual(NO_TAKES)
})

test('an older one tries again only with the audio that it holds', () => {
  const refused: TakesEvent = { kind: 'refused', take: 1, call: 'open', error: DOWN }
  const again: TakesEvent = { kind: 'earlier', take: 1, event: { kind: 'retry', take: 9 } }
  const held = after(NO_TAKES, ...said(1), start(2), refused)
  expect(held.earlier).toMatchObject([{ kind: 'error', audio: 'held' }])

  const { takes, effects } = stepTakes(held, again)
  expect(effects).toEqual([{ kind: 'resend', from: 1, take: 9, isPrivate: false }])
  expect(takes.earlier).toMatchObject([{ kind: 'transcribing', dictation: { take: 9 } }])

  const failed = after(
    NO_TAKES,
    ...said(1),
    start(2),
    host(1, { kind: 'ended', outcome: 'failed' }),
  )
  expect(stepTakes(failed, again)).toEqual({ takes: failed, effects: [] })
})

test('another try leaves the text of the one that failed within reach', () => {
  const failed = after(NO_TAKES, ...said(1), host(1, { kind: 'ended', outcome: 'failed' }))

  const takes = after(failed, { kind: 'retry', take: 2 })

  expect(takes.now).toMatchObject({ kind: 'arming', dictation: { take: 2 } })
  expect(takes.earlier).toMatchObject([{ kind: 'error', dictation: { committed: 'said 1' } }])
})

/** Mulberry32: the same walk for the same seed. */
function random(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const all = ({ now, earlier }: Takes): readonly Known[] =>
  now.kind === 'idle' ? earlier : [...earlier, now]
const namesOf = (takes: Takes) => all(takes).map(({ dictation }) => dictation.take)

type OfTake = (take: Take) => TakesEvent
const TOLD: readonly OfTake[] = [
  (take) => ({ kind: 'microphone', take, event: { kind: 'live' } }),
  (take) => ({
    kind: 'microphone',
    take,
    event: { kind: 'failed', error: { ...DOWN, kind: 'MIC_LOST' } },
  }),
  (take) => ({ kind: 'drained', take }),
  (take) => ({ kind: 'refused', take, call: 'open', error: DOWN }),
  (take) => ({ kind: 'refused', take, call: 'stop', error: DOWN }),
  (take) => host(take, { kind: 'commit', text: 'word ', offset: 0 }),
  (take) => host(take, { kind: 'final', text: 'word', notices: [] }),
  (take) => host(take, { kind: 'polishing', text: '' }),
  (take) => host(take, { kind: 'inserted', receipt: { kind: 'failed', error: DOWN } }),
  (take) => host(take, { kind: 'unsaved', error: DOWN }),
  ends,
  (take) => host(take, { kind: 'ended', outcome: 'failed' }),
  (take) => host(take, { kind: 'ended', outcome: 'nothing-said' }),
]
const ASKED = (newest: Take): readonly RecordingEvent[] => [
  { kind: 'start', take: newest + 1, isPrivate: false },
  { kind: 'start', take: newest + 1, isPrivate: false },
  { kind: 'retry', take: newest + 1 },
  { kind: 'stop' },
  { kind: 'stop' },
  { kind: 'cancel', keep: false },
  { kind: 'dismiss' },
  { kind: 'copy' },
  { kind: 'insert-raw' },
]

function anyOf<T>(next: () => number, choices: readonly T[]): T {
  return choices[Math.floor(next() * choices.length)] ?? expect.unreachable()
}

function anyEvent(next: () => number, takes: Takes, newest: Take): TakesEvent {
  const asked = anyOf(next, ASKED(newest))
  if (next() < 0.3) return asked
  const take = anyOf(next, [...namesOf(takes), newest])
  const isForOlder = next() < 0.15 && asked.kind !== 'start' && asked.kind !== 'stop'
  return isForOlder
    ? { kind: 'earlier', take, event: asked as EarlierEvent }
    : anyOf(next, TOLD)(take)
}

function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}

function letsGo(effect: Effect, take: Take): boolean {
  if (effect.kind === 'resend') return effect.from === take
  return effect.kind === 'forget' && effect.take === take
}

test.each(Array.from({ length: 50 }, (_, seed) => seed))(
  'random walk %i mixes and loses nothing',
  (seed) => {
    const next = random(seed)
    let takes = NO_TAKES
    let newest = 0
    let most = 0

    for (let i = 0; i < 1000; i++) {
      const event = anyEvent(next, takes, newest)
      const { takes: later, effects } = stepTakes(takes, event)
      const asked = event.kind === 'earlier' ? event.event : event
      if (asked.kind === 'start' || asked.kind === 'retry') newest = asked.take
      const names = namesOf(later)

      must(!later.earlier.some(({ kind }) => isHearing(kind)), 'an older one has a microphone')
      must(new Set(names).size === names.length, 'one is there twice')
      must(later.now.kind !== 'idle' || later.earlier.length === 0, 'an older one is out of reach')
      const live = all(later).filter(isLive).length
      const isStarted = event.kind === 'start' && later !== takes
      must(!isStarted || live <= LIMITS.max_streams, 'more began than the host takes')
      most = Math.max(most, live)
      for (const state of all(takes)) {
        const { take } = state.dictation
        const isNamed = event.kind !== 'start' && event.kind !== 'retry' && 'take' in event
        const isAnother = isNamed && event.take !== take
        must(!isAnother || all(later).includes(state), 'what is told of one touched another')
        if (names.includes(take)) continue
        must(!isLive(state), 'one went that is under way')
        must(
          effects.some((effect) => letsGo(effect, take)),
          'one went, and its audio stayed',
        )
        const isHeld = state.kind === 'error' && state.audio === 'held'
        must(!isHeld || asked.kind === 'dismiss' || asked.kind === 'retry', 'held audio went')
      }
      takes = later
    }

    expect(newest).toBeGreaterThan(20)
    expect(most).toBe(LIMITS.max_streams)
  },
)

test('one that never began has no text to wait for', () => {
  const now: Takes = { now: { kind: 'arming', dictation: beginDictation(1, false) }, earlier: [] }

  expect([isFull(now), isWaiting(now)]).toEqual([false, false])
})
