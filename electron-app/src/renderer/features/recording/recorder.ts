// Runs the machine: its effects, the microphone's samples, and what the host tells.

import type { SottoApi } from '../../../shared/api'
import type { AppError, DictationEvent, DictationId, HostInfo } from '../../../shared/ipc'
import type { Preferences } from '../../../shared/protocol'
import type { Edge } from '../../audio/chime'
import { LevelMeter } from '../../audio/level-meter'
import type { Capture, Microphone } from '../../audio/microphone'
import { BYTES_PER_SAMPLE, SAMPLE_RATE } from '../../audio/pcm'
import { never, type Take } from './dictation'
import { OtherPages } from './other-pages'
import { type Effect, isHearing, type RecordingState } from './recording-state'
import { type EarlierEvent, type Known, NO_TAKES, stepTakes, type TakesEvent } from './takes'
import { Uplink } from './uplink'

/** What of the host a recording needs. */
export type RecorderHost = Pick<
  SottoApi,
  'host' | 'dictation' | 'text' | 'config' | 'privacy' | 'on'
>

/** Until the preferences are there, which is before anybody can press. */
const TAIL_MS = 200

type Chosen = Pick<Preferences, 'microphone' | 'tail_ms' | 'activation' | 'sounds'>

export interface RecorderOptions {
  readonly host: RecorderHost
  readonly microphone: Microphone
  /** Hotkeys reach every page; only one of them begins a recording by it. */
  readonly startsByHotkey: boolean
  readonly chime: (edge: Edge) => void
}

export interface RecordingSnapshot {
  readonly state: RecordingState
  /** Older ones that become text meanwhile, or need somebody; oldest first. */
  readonly earlier: readonly Known[]
  /** How much was recorded, in whole seconds. */
  readonly elapsedMs: number
}

export class Recorder {
  readonly meter = new LevelMeter()
  readonly microphone: Microphone
  readonly #host: RecorderHost
  readonly #startsByHotkey: boolean
  readonly #chime: (edge: Edge) => void
  readonly #listeners = new Set<() => void>()
  readonly #uplinks = new Map<Take, Uplink>()
  readonly #takes = new Map<DictationId, Take>()
  readonly #others = new OtherPages()
  readonly #toldNotices = new Set<string>()
  /** What came for dictations that have no name yet. */
  #early: { readonly dictation: DictationId; readonly event: DictationEvent }[] = []
  #opening = 0
  #lastTake: Take = 0
  #capture: Capture | null = null
  #samples = 0
  #chosen: Chosen = { microphone: '', tail_ms: TAIL_MS, activation: 'toggle', sounds: false }
  #canHold = false
  #isPrivate = false
  /** A key or button is held, and its dictation could not begin yet. */
  #isHoldWaiting = false
  #snapshot: RecordingSnapshot = { state: NO_TAKES.now, earlier: NO_TAKES.earlier, elapsedMs: 0 }

  constructor({ host, microphone, startsByHotkey, chime }: RecorderOptions) {
    this.#host = host
    this.microphone = microphone
    this.#startsByHotkey = startsByHotkey
    this.#chime = chime
  }

  /** Begins to listen to the host. Returns what ends it; it may begin again. */
  attach(): () => void {
    this.microphone.warm()
    const offs = [
      this.#host.on('dictation', ({ dictation, event }) => this.#hear(dictation, event)),
      this.#host.on('config:changed', (preferences) => this.#choose(preferences)),
      this.#host.on('host:info', (info) => this.#setHost(info)),
      this.#host.on('private:changed', (isOn) => this.#setPrivate(isOn)),
      this.#host.on('hotkey:pressed', () => this.#press()),
      this.#host.on('hotkey:released', () => this.#releaseKey()),
    ]
    // Without an answer the defaults above are used; the host's trouble is shown elsewhere.
    this.#host.config.get().then((preferences) => this.#choose(preferences), ignore)
    // The host makes a dictation private all the same; this decides what is said about it.
    this.#host.privacy.get().then((isOn) => this.#setPrivate(isOn), ignore)
    this.#host.host.info().then((info) => this.#setHost(info), ignore)
    return () => {
      for (const off of offs) off()
      // The page goes away: what was said stays, among the interrupted recordings.
      this.cancel(true)
    }
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly getSnapshot = (): RecordingSnapshot => this.#snapshot

  readonly start = (isPrivate = this.#isPrivate): void =>
    this.#dispatch({ kind: 'start', take: this.#nextTake(), isPrivate })

  readonly stop = (): void => this.#dispatch({ kind: 'stop' })

  /**
   * A key or button is held. Who does that speaks until it is let go, also while the last words of
   * the one before are taken: it begins as soon as there is room.
   */
  readonly hold = (): void => {
    this.#isHoldWaiting = true
    this.start()
  }

  readonly letGo = (): void => {
    this.#isHoldWaiting = false
    this.stop()
  }

  readonly toggle = (): void => (isHearing(this.#snapshot.state.kind) ? this.stop() : this.start())

  readonly cancel = (keep = false): void => this.#dispatch({ kind: 'cancel', keep })

  readonly retry = (): void => this.#dispatch({ kind: 'retry', take: this.#nextTake() })

  readonly insertRaw = (): void => this.#dispatch({ kind: 'insert-raw' })

  readonly copy = (): void => this.#dispatch({ kind: 'copy' })

  readonly dismiss = (): void => this.#dispatch({ kind: 'dismiss' })

  /** Does something with an older one. */
  readonly actOnEarlier = (take: Take, kind: EarlierEvent['kind']): void =>
    this.#dispatch({ kind: 'earlier', take, event: this.#earlierEvent(kind) })

  #earlierEvent(kind: EarlierEvent['kind']): EarlierEvent {
    if (kind === 'retry') return { kind, take: this.#nextTake() }
    return kind === 'cancel' ? { kind, keep: false } : { kind }
  }

  #nextTake(): Take {
    this.#lastTake += 1
    return this.#lastTake
  }

  #dispatch(event: TakesEvent): void {
    const { state, earlier } = this.#snapshot
    const { takes, effects } = stepTakes({ now: state, earlier }, event)
    if (takes.now !== state || takes.earlier !== earlier)
      this.#show({ ...this.#snapshot, state: takes.now, earlier: takes.earlier })
    for (const effect of effects) this.#run(effect)
    // Either may have made room; what somebody does in the page is no wish to begin.
    const isNews = event.kind === 'drained' || event.kind === 'host'
    if (isNews && this.#isHoldWaiting) this.start()
  }

  #show(snapshot: RecordingSnapshot): void {
    this.#snapshot = snapshot
    for (const listener of this.#listeners) listener()
  }

  #run(effect: Effect): void {
    const { take } = effect
    switch (effect.kind) {
      case 'open-microphone':
        this.#openMicrophone(take)
        break
      case 'finish-microphone':
        this.#capture
          ?.finish(this.#chosen.tail_ms)
          .then(() => this.#dispatch({ kind: 'drained', take }))
        break
      case 'release-microphone':
        this.#capture?.release()
        this.#capture = null
        break
      case 'open-dictation':
        this.#open(take, new Uplink(this.#host.dictation, effect.isPrivate))
        break
      case 'resend': {
        const held = this.#uplinks.get(effect.from)?.held
        this.#open(take, new Uplink(this.#host.dictation, effect.isPrivate, held))
        this.#uplinks.delete(effect.from)
        this.#stop(take)
        break
      }
      case 'stop-dictation':
        this.#stop(take)
        break
      case 'cancel-dictation':
        // Where this fails the host is gone, and keeps by itself what it had.
        this.#uplinks.get(take)?.cancel(effect.keep).catch(ignore)
        break
      case 'skip-polish':
        // Where this fails the polish goes on, and its own end is told.
        this.#uplinks.get(take)?.skipPolish().catch(ignore)
        break
      case 'insert':
        this.#place(take, this.#host.text.insert(effect.text))
        break
      case 'copy':
        this.#place(take, this.#host.text.copy(effect.text))
        break
      case 'chime':
        if (this.#chosen.sounds) this.#chime(effect.edge)
        break
      case 'forget':
        this.#uplinks.delete(take)
        break
      default:
        never(effect)
    }
  }

  #openMicrophone(take: Take): void {
    this.#isHoldWaiting = false
    this.meter.clear()
    this.#samples = 0
    this.#show({ ...this.#snapshot, elapsedMs: 0 })
    this.#capture = this.microphone.open(this.#chosen.microphone, {
      pcm: (chunk) => this.#send(take, chunk),
      peak: (value) => this.meter.push(value),
      tell: (event) => this.#dispatch({ kind: 'microphone', take, event }),
    })
  }

  #send(take: Take, chunk: ArrayBuffer): void {
    this.#samples += chunk.byteLength / BYTES_PER_SAMPLE
    this.#uplinks.get(take)?.push(chunk)
    const elapsedMs = 1000 * Math.floor(this.#samples / SAMPLE_RATE)
    if (elapsedMs !== this.#snapshot.elapsedMs) this.#show({ ...this.#snapshot, elapsedMs })
  }

  #open(take: Take, uplink: Uplink): void {
    this.#uplinks.set(take, uplink)
    this.#opening += 1
    uplink.opened.then(
      (dictation) => this.#name(take, dictation),
      (error: AppError) => {
        this.#opening -= 1
        this.#dispatch({ kind: 'refused', take, call: 'open', error })
        this.#hearEarly()
      },
    )
  }

  #name(take: Take, dictation: DictationId): void {
    this.#opening -= 1
    this.#takes.set(dictation, take)
    this.#hearEarly()
  }

  #stop(take: Take): void {
    this.#uplinks
      .get(take)
      ?.stop()
      .catch((error: AppError) => this.#dispatch({ kind: 'refused', take, call: 'stop', error }))
  }

  #place(take: Take, placed: ReturnType<SottoApi['text']['insert']>): void {
    placed.then(
      (receipt) => this.#dispatch({ kind: 'placed', take, receipt }),
      (error: AppError) =>
        this.#dispatch({ kind: 'placed', take, receipt: { kind: 'failed', error } }),
    )
  }

  /** Events may overtake the answer that names their dictation: then they wait for it. */
  #hear(dictation: DictationId, event: DictationEvent): void {
    const take = this.#takes.get(dictation)
    if (take !== undefined) {
      if (event.kind === 'ended') this.#takes.delete(dictation)
      this.#dispatch({ kind: 'host', take, event: this.#withNews(event) })
    } else if (this.#opening > 0) this.#early.push({ dictation, event })
    else this.#others.hear(dictation, event)
  }

  /** An engine says after every dictation what it cannot do: once is enough. */
  #withNews(event: DictationEvent): DictationEvent {
    if (event.kind !== 'final') return event
    const notices = event.notices.filter((notice) => !this.#toldNotices.has(notice))
    for (const notice of notices) this.#toldNotices.add(notice)
    return { ...event, notices }
  }

  #hearEarly(): void {
    const early = this.#early
    this.#early = []
    for (const { dictation, event } of early) this.#hear(dictation, event)
  }

  #choose(preferences: Chosen): void {
    const isOther = preferences.microphone !== this.#chosen.microphone
    this.#chosen = preferences
    if (preferences.activation !== 'hold') this.#isHoldWaiting = false
    if (isOther && isHearing(this.#snapshot.state.kind)) this.#capture?.use(preferences.microphone)
  }

  #setHost({ can }: HostInfo): void {
    this.#canHold = can.hold
    if (!can.hold) this.#isHoldWaiting = false // its release will not be told
  }

  #setPrivate(isOn: boolean): void {
    this.#isPrivate = isOn
  }

  #press(): void {
    const { kind } = this.#snapshot.state
    const isOn = kind === 'arming' || kind === 'recording'
    const mayBegin = this.#startsByHotkey && !this.#others.isOneHearing
    if (isOn && !this.#holds) this.stop()
    else if (!isOn && mayBegin && this.#holds) this.hold()
    else if (!isOn && mayBegin) this.start()
  }

  #releaseKey(): void {
    if (this.#holds) this.letGo()
  }

  /** Where nobody tells the release of the key, holding it is toggling. */
  get #holds(): boolean {
    return this.#canHold && this.#chosen.activation === 'hold'
  }
}

function ignore(): void {}
