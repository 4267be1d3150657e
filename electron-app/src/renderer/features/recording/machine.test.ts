import { expect, test } from 'vitest'
import type { AppError, DictationEvent } from '../../../shared/ipc'
import { micError } from '../../audio/errors'
import type { MicEvent } from '../../audio/microphone'
import { beginDictation, type Dictation } from './dictation'
import { step } from './machine'
import {
  IDLE,
  isLive,
  type Phase,
  type RecordingEvent,
  type RecordingState,
} from './recording-state'

const TAKE = 7
const DOWN: AppError = { kind: 'SIDECAR_DOWN', message: 'It is away.', retryable: true }

const said: Dictation = { ...beginDictation(TAKE, false), committed: 'one ', tentative: 'two' }
const heard: Dictation = { ...said, raw: 'one two', tentative: '' }

const STATES = {
  idle: IDLE,
  arming: { kind: 'arming', dictation: beginDictation(TAKE, false) },
  recording: { kind: 'recording', dictation: said },
  draining: { kind: 'draining', dictation: said },
  transcribing: { kind: 'transcribing', dictation: said },
  polishing: { kind: 'polishing', dictation: heard },
  done: { kind: 'done', outcome: 'done', dictation: heard },
  error: { kind: 'error', error: DOWN, audio: 'kept', dictation: said },
  held: { kind: 'error', error: DOWN, audio: 'held', dictation: said },
  cancelled: { kind: 'cancelled', why: 'asked', dictation: said },
} as const satisfies Record<string, RecordingState>
type StateName = keyof typeof STATES
const NAMES = Object.keys(STATES) as readonly StateName[]

const host = (event: DictationEvent): RecordingEvent => ({ kind: 'host', take: TAKE, event })
const mic = (event: MicEvent): RecordingEvent => ({ kind: 'microphone', take: TAKE, event })
const DENIED = micError('MIC_DENIED')

const EVENTS = {
  start: { kind: 'start', take: 8, isPrivate: false },
  stop: { kind: 'stop' },
  cancel: { kind: 'cancel', keep: false },
  retry: { kind: 'retry', take: 8 },
  dismiss: { kind: 'dismiss' },
  insertRaw: { kind: 'insert-raw' },
  copy: { kind: 'copy' },
  drained: { kind: 'drained', take: TAKE },
  openRefused: { kind: 'refused', take: TAKE, call: 'open', error: DOWN },
  stopRefused: { kind: 'refused', take: TAKE, call: 'stop', error: DOWN },
  placed: { kind: 'placed', take: TAKE, receipt: { kind: 'none' } },
  micLive: mic({ kind: 'live' }),
  micSilent: mic({ kind: 'silent' }),
  micHeard: mic({ kind: 'heard' }),
  micLost: mic({ kind: 'lost' }),
  micRestored: mic({ kind: 'restored', label: 'Desk' }),
  micFailed: mic({ kind: 'failed', error: DENIED }),
  opened: host({ kind: 'opened' }),
  speech: host({ kind: 'speech', edge: 'start' }),
  commit: host({ kind: 'commit', text: 'two ', offset: 4 }),
  partial: host({ kind: 'partial', text: 'three' }),
  lag: host({ kind: 'lag', lagMs: 900 }),
  interrupted: host({ kind: 'interrupted' }),
  resumed: host({ kind: 'resumed', text: 'one' }),
  trouble: host({ kind: 'trouble', error: DOWN }),
  transcribing: host({ kind: 'transcribing' }),
  final: host({ kind: 'final', text: 'one two', notices: [] }),
  incomplete: host({ kind: 'incomplete' }),
  polishing: host({ kind: 'polishing', text: 'one two' }),
  polished: host({ kind: 'polished', text: 'One, two.' }),
  unpolished: host({ kind: 'unpolished', error: DOWN }),
  inserted: host({ kind: 'inserted', receipt: { kind: 'none' } }),
  saved: host({ kind: 'saved', entry: 'e1' as never }),
  unsaved: host({ kind: 'unsaved', error: DOWN }),
  endedDone: host({ kind: 'ended', outcome: 'done' }),
  endedEmpty: host({ kind: 'ended', outcome: 'nothing-said' }),
  endedCancelled: host({ kind: 'ended', outcome: 'cancelled' }),
  endedFailed: host({ kind: 'ended', outcome: 'failed' }),
} as const satisfies Record<string, RecordingEvent>
type EventName = keyof typeof EVENTS

type Moves = Readonly<Partial<Record<StateName, Phase>>>
const toAll = (names: readonly StateName[], phase: Phase): Moves =>
  Object.fromEntries(names.map((name) => [name, phase]))
const HEARING = ['arming', 'recording', 'draining'] as const
const LIVE = [...HEARING, 'transcribing', 'polishing'] as const
const settles: Moves = toAll(HEARING, 'transcribing')

/** Where each event leads from which state; from all others it leads nowhere. */
const MOVES: Readonly<Record<EventName, Moves>> = {
  start: toAll(['idle', 'done', 'error', 'cancelled'], 'arming'),
  stop: { arming: 'cancelled', recording: 'draining' },
  cancel: toAll(LIVE, 'cancelled'),
  retry: { error: 'arming', held: 'transcribing' },
  dismiss: toAll(['done', 'error', 'held', 'cancelled'], 'idle'),
  insertRaw: {},
  copy: {},
  drained: { draining: 'transcribing' },
  openRefused: toAll(LIVE, 'error'),
  stopRefused: toAll(LIVE, 'error'),
  placed: {},
  micLive: { arming: 'recording' },
  micSilent: {},
  micHeard: {},
  micLost: {},
  micRestored: {},
  micFailed: { arming: 'error', recording: 'draining' },
  opened: {},
  speech: {},
  commit: {},
  partial: {},
  lag: {},
  interrupted: {},
  resumed: {},
  trouble: {},
  transcribing: settles,
  final: settles,
  incomplete: settles,
  polishing: toAll(LIVE, 'polishing'),
  polished: settles,
  unpolished: settles,
  inserted: settles,
  saved: settles,
  unsaved: settles,
  // It had been inserted before the host heard that it was to be discarded.
  endedDone: toAll([...LIVE, 'cancelled'], 'done'),
  endedEmpty: toAll(LIVE, 'done'),
  endedCancelled: toAll(LIVE, 'cancelled'),
  endedFailed: toAll(LIVE, 'error'),
}

const PAIRS = NAMES.flatMap((state) =>
  (Object.keys(EVENTS) as readonly EventName[]).map((event) => [state, event] as const),
)

test.each(PAIRS)('in %s, %s leads where it should', (stateName, eventName) => {
  const state: RecordingState = STATES[stateName]

  const { state: next } = step(state, EVENTS[eventName])

  expect(next.kind).toBe(MOVES[eventName][stateName] ?? state.kind)
})

const effectsOf = (state: StateName, event: EventName) =>
  step(STATES[state], EVENTS[event]).effects.map(({ kind }) => kind)

test('starting opens the microphone and the dictation at once', () => {
  expect(effectsOf('idle', 'start')).toEqual(['open-microphone', 'open-dictation'])
})

test('audio that could not be handed over is not thrown away by another start', () => {
  expect(step(STATES.held, EVENTS.start)).toEqual({ state: STATES.held, effects: [] })
})

test('a retry hands over the audio that is held', () => {
  expect(step(STATES.held, EVENTS.retry).effects).toEqual([
    { kind: 'resend', from: TAKE, take: 8, isPrivate: false },
  ])
})

test('an open that is refused before the first sample leaves nothing to hand over', () => {
  expect(step(STATES.arming, EVENTS.openRefused).state).toMatchObject({ audio: 'none' })
  expect(step(STATES.recording, EVENTS.openRefused).state).toMatchObject({ audio: 'held' })
})

test('the dictation is stopped only after the last chunk has left', () => {
  expect(effectsOf('recording', 'stop')).toEqual(['finish-microphone'])
  expect(effectsOf('draining', 'drained')).toEqual(['stop-dictation', 'chime'])
})

test('cancelling lets go of the microphone and tells the host what to keep', () => {
  const { effects } = step(STATES.recording, { kind: 'cancel', keep: true })

  expect(effects).toEqual([
    { kind: 'release-microphone', take: TAKE },
    { kind: 'cancel-dictation', take: TAKE, keep: true },
  ])
})

test('a microphone that is refused in the middle makes text of what was said', () => {
  const { state, effects } = step(STATES.recording, EVENTS.micFailed)

  expect(state).toMatchObject({ kind: 'draining', dictation: { warning: { kind: 'failed' } } })
  expect(effects).toEqual([{ kind: 'finish-microphone', take: TAKE }])
})

test('while it is polished the raw text can be had; afterwards it is inserted', () => {
  expect(effectsOf('polishing', 'insertRaw')).toEqual(['skip-polish'])
  expect(step(STATES.done, EVENTS.insertRaw).effects).toEqual([
    { kind: 'insert', take: TAKE, text: 'one two' },
  ])
})

test('a warning of silence goes away by itself when sound comes', () => {
  const silent = step(STATES.arming, EVENTS.micSilent).state
  const { state } = step(silent, EVENTS.micLive)

  expect(silent).toMatchObject({ dictation: { warning: { kind: 'silent' } } })
  expect(state).toMatchObject({ kind: 'recording', dictation: { warning: null } })
})

test('a text that was inserted before it could be discarded is not said to be discarded', () => {
  const { state } = [
    EVENTS.cancel,
    EVENTS.inserted,
    EVENTS.commit,
    EVENTS.saved,
    EVENTS.endedDone,
  ].reduce((before, event) => step(before.state, event), step(STATES.polishing, EVENTS.polished))

  expect(state).toMatchObject({
    kind: 'done',
    dictation: { polished: 'One, two.', receipt: { kind: 'none' }, entry: 'e1', committed: 'one ' },
  })
})

test('what is discarded in time stays discarded, and shows no text that comes late', () => {
  const { state } = [EVENTS.cancel, EVENTS.commit, EVENTS.partial, EVENTS.endedCancelled].reduce(
    (before, event) => step(before.state, event),
    { state: STATES.transcribing as RecordingState },
  )

  expect(state).toEqual(STATES.cancelled)
})

test('a private dictation that fails is kept nowhere', () => {
  const state: RecordingState = { kind: 'recording', dictation: { ...said, isPrivate: true } }

  expect(step(state, EVENTS.endedFailed).state).toMatchObject({ kind: 'error', audio: 'none' })
})

test('a failed end tells the trouble that led to it', () => {
  const busy: AppError = { kind: 'BUSY', message: 'Wait.', retryable: true }
  const troubled = step(STATES.recording, host({ kind: 'trouble', error: busy })).state

  expect(step(troubled, EVENTS.endedFailed).state).toMatchObject({ error: { kind: 'BUSY' } })
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

const isEnd = (state: RecordingState) => state.kind !== 'idle' && !isLive(state)
const takeOf = (state: RecordingState) => (state.kind === 'idle' ? null : state.dictation.take)
const committedOf = (state: RecordingState) =>
  state.kind === 'idle' ? '' : state.dictation.committed

/** Any event, now and then of an older dictation. */
function anyEvent(next: () => number, newest: number): RecordingEvent {
  const names = Object.keys(EVENTS) as readonly EventName[]
  const event: RecordingEvent = EVENTS[names[Math.floor(next() * names.length)] ?? 'start']
  if (event.kind === 'start' || event.kind === 'retry') return { ...event, take: newest + 1 }
  if (!('take' in event)) return event
  const take = next() < 0.2 ? Math.max(0, newest - 1) : newest
  const isCommit = event.kind === 'host' && event.event.kind === 'commit'
  const offset = Math.floor(next() * 12)
  return isCommit
    ? host({ kind: 'commit', text: `w${offset} `, offset })
    : ({ ...event, take } as RecordingEvent)
}

test.each(Array.from({ length: 50 }, (_, seed) => seed))(
  'random walk %i keeps what must hold',
  (seed) => {
    const next = random(seed)
    const ends = new Map<number, number>()
    const starts = new Set<number>()
    let state: RecordingState = IDLE
    let newest = TAKE

    for (let i = 0; i < 1000; i++) {
      const event = anyEvent(next, newest)
      const { state: after, effects } = step(state, event)
      if (event.kind === 'start' || event.kind === 'retry') newest = event.take

      const take = takeOf(after)
      const isSame = take === takeOf(state)
      // No event of an older dictation touches this one.
      if (
        'take' in event &&
        event.take !== takeOf(state) &&
        event.kind !== 'start' &&
        event.kind !== 'retry'
      )
        expect(after).toBe(state)
      // Text that is settled stays, unless the sidecar says what is left of it.
      if (isSame && !(event.kind === 'host' && event.event.kind === 'resumed'))
        expect(committedOf(after).startsWith(committedOf(state))).toBe(true)
      // A dictation ends once.
      if (take !== null && isEnd(after) && !(isSame && isEnd(state)))
        ends.set(take, (ends.get(take) ?? 0) + 1)
      const isInsertedYet = event.kind === 'host' && event.event.kind === 'ended'
      if (isSame && isEnd(state) && !(isInsertedYet && state.kind === 'cancelled'))
        expect(after.kind).toBe(state.kind)
      // The microphone is opened only by a start, and whoever leaves it lets go of it.
      for (const effect of effects) if (effect.kind === 'open-microphone') starts.add(effect.take)
      const wasHearing = state.kind === 'arming' || state.kind === 'recording'
      const hears = after.kind === 'arming' || after.kind === 'recording'
      if (wasHearing && !hears)
        expect(effects.map(({ kind }) => kind)).toSatisfy((kinds: string[]) =>
          kinds.some((kind) => kind === 'finish-microphone' || kind === 'release-microphone'),
        )
      state = after
    }

    expect([...ends.values()].every((count) => count === 1)).toBe(true)
    expect(starts.size).toBeGreaterThan(5)
  },
)
