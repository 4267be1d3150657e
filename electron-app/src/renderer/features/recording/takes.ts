// The dictation that a person makes now, and older ones that become text meanwhile. Each goes its
// own way through the machine; this decides which of them an event is for. Pure, as the machine is.

import { LIMITS } from '../../../shared/protocol'
import { type Dictation, never, type Take, textOf } from './dictation'
import { step } from './machine'
import {
  type Effect,
  IDLE,
  isHearing,
  isLive,
  type RecordingEvent,
  type RecordingState,
} from './recording-state'

export type Known = Exclude<RecordingState, { kind: 'idle' }>

export interface Takes {
  readonly now: RecordingState
  /** Oldest first. None of them has a microphone; none is there while `now` is idle. */
  readonly earlier: readonly Known[]
}

/** What somebody can do with an older one. */
export type EarlierEvent = Extract<
  RecordingEvent,
  { kind: 'cancel' | 'retry' | 'dismiss' | 'insert-raw' | 'copy' }
>

export type TakesEvent =
  | RecordingEvent
  | { readonly kind: 'earlier'; readonly take: Take; readonly event: EarlierEvent }

export interface TakesStep {
  readonly takes: Takes
  readonly effects: readonly Effect[]
}

export const NO_TAKES: Takes = { now: IDLE, earlier: [] }

export function stepTakes(takes: Takes, event: TakesEvent): TakesStep {
  switch (event.kind) {
    case 'start':
      return start(takes, event)
    case 'dismiss':
      return dismiss(takes)
    case 'earlier':
      return onEarlier(takes, event.take, event.event)
    case 'stop':
    case 'cancel':
    case 'insert-raw':
    case 'copy':
      return onNow(takes, event)
    case 'retry':
      return retry(takes, event)
    case 'microphone':
    case 'drained':
    case 'refused':
    case 'host':
    case 'placed':
      return earlierOf(takes, event.take) ? change(takes, event.take, event) : onNow(takes, event)
    default:
      return never(event)
  }
}

/** Whether the host takes no other one until one of these has ended. */
export function isFull({ now, earlier }: Takes): boolean {
  return [now, ...earlier].filter(isLive).length >= LIMITS.max_streams
}

/** Whether its text is ready, and not inserted before an older one's. */
export function isWaiting({ now, earlier }: Takes): boolean {
  if (!isLive(now) || !earlier.some(isLive)) return false
  const { raw, polished, unpolished, receipt } = now.dictation
  const isReady = now.kind === 'polishing' ? (polished ?? unpolished) !== null : raw !== null
  return isReady && receipt === null
}

function stay(takes: Takes): TakesStep {
  return { takes, effects: [] }
}

function onNow(takes: Takes, event: RecordingEvent): TakesStep {
  const { state, effects } = step(takes.now, event)
  return { takes: state === takes.now ? takes : { ...takes, now: state }, effects }
}

/** One that waits for its text, or for somebody, gives room to the new one. */
function start(takes: Takes, event: Extract<RecordingEvent, { kind: 'start' }>): TakesStep {
  const { now } = takes
  if (isHearing(now.kind) || isHeld(now) || isFull(takes)) return stay(takes)
  const tidied = tidy(takes)
  const isAside = now.kind !== 'idle' && isUnfinished(now)
  const { state, effects } = step(isAside ? IDLE : now, event)
  const earlier = isAside ? [...tidied.earlier, now] : tidied.earlier
  return { takes: { now: state, earlier }, effects: [...tidied.effects, ...effects] }
}

/** Without audio that is held it is another start, which leaves what the failed one has. */
function retry(takes: Takes, event: Extract<RecordingEvent, { kind: 'retry' }>): TakesStep {
  const { now } = takes
  if (now.kind !== 'error' || isHeld(now)) return onNow(takes, event)
  return start(takes, { ...event, kind: 'start', isPrivate: now.dictation.isPrivate })
}

/** What is left comes back to the front, the newest first. */
function dismiss(takes: Takes): TakesStep {
  const { state, effects } = step(takes.now, { kind: 'dismiss' })
  if (state.kind !== 'idle') return stay(takes)
  const tidied = tidy(takes)
  return {
    takes: { now: tidied.earlier.at(-1) ?? IDLE, earlier: tidied.earlier.slice(0, -1) },
    effects: [...effects, ...tidied.effects],
  }
}

function onEarlier(takes: Takes, take: Take, event: EarlierEvent): TakesStep {
  const state = earlierOf(takes, take)
  if (state === undefined) return stay(takes)
  // Without audio that is held, trying again would open a microphone.
  return event.kind === 'retry' && !isHeld(state) ? stay(takes) : change(takes, take, event)
}

function change(takes: Takes, take: Take, event: RecordingEvent): TakesStep {
  const effects: Effect[] = []
  const earlier = takes.earlier.flatMap((state) => {
    if (state.dictation.take !== take) return [state]
    const after = step(state, event)
    effects.push(...after.effects)
    return after.state.kind === 'idle' ? [] : [after.state]
  })
  return { takes: { ...takes, earlier }, effects }
}

/** Without those that need nobody any more. */
function tidy({ earlier }: Takes): { earlier: readonly Known[]; effects: readonly Effect[] } {
  const isOver = (state: Known) => state.kind !== 'error' && !isUnfinished(state)
  return {
    earlier: earlier.filter((state) => !isOver(state)),
    effects: earlier.filter(isOver).map(({ dictation: { take } }) => ({ kind: 'forget', take })),
  }
}

function earlierOf({ earlier }: Takes, take: Take): Known | undefined {
  return earlier.find((state) => state.dictation.take === take)
}

function isHeld(state: RecordingState): boolean {
  return state.kind === 'error' && state.audio === 'held'
}

/** It goes on, or has audio or a text that would be nowhere if it were forgotten. */
export function isUnfinished(state: Known): boolean {
  switch (state.kind) {
    case 'done':
      return isNowhere(state.dictation)
    case 'error':
      return state.audio === 'held' || textOf(state.dictation) !== ''
    case 'cancelled':
      return false
    default:
      return isLive(state)
  }
}

function isNowhere({ unsaved, receipt, entry }: Dictation): boolean {
  return unsaved !== null || (receipt?.kind === 'failed' && entry === null)
}
