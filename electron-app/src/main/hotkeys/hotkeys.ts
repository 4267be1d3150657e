// The one key that starts and stops a dictation from anywhere.

import type { AppError } from '../../shared/ipc'
import { parseAccelerator } from './accelerator'

/** Faces the operating system, which tells of presses alone, and of repeats on some systems. */
export interface GlobalKeys {
  /** False where another program has it, or the system does not allow any. */
  register(accelerator: string, pressed: () => void): boolean
  unregister(accelerator: string): void
}

/** Faces the operating system. Keys are watched between `watch` and the release, no longer. */
export interface KeyRelease {
  /** Load what it needs, and watch nothing yet. False where releases cannot be told. */
  prepare(): Promise<boolean>
  /**
   * Tells once, later, that a key of the accelerator was let go. False where that cannot be
   * told.
   */
  watch(accelerator: string, released: () => void): boolean
  stop(): void
}

export interface HotkeyListener {
  pressed(): void
  /** Only after `hold`, and where `canHold`. */
  released(): void
  /** Whether the one that is chosen works has changed. It is asked for again at each `renew`. */
  changed(works: boolean): void
  /** Whether it can be held has changed. It is tried again at each press. */
  holdChanged(canHold: boolean): void
}

export class HotkeyError extends Error implements AppError {
  override readonly name = 'HotkeyError'
  readonly retryable = false

  constructor(
    readonly kind: 'HOTKEY_TAKEN' | 'BAD_ARGUMENTS',
    message: string,
  ) {
    super(message)
  }
}

// Held keys repeat on X11. The first repeat comes after 660 ms at the default of X, later ones
// are closer together. Without releases only the time tells a repeat from a second press.
const REPEAT_MS = 700
// A release and the last repeat before it come by different ways, and may change places. Where a
// modifier went up first, repeats may even go on.
const LATE_REPEAT_MS = 50

/** At most one hotkey is registered: the one that is chosen, if it can be had. */
export class Hotkeys {
  readonly #keys: GlobalKeys
  readonly #release: KeyRelease
  readonly #listener: HotkeyListener
  readonly #nowMs: () => number
  #lastPressMs = Number.NEGATIVE_INFINITY
  #lastReleaseMs = Number.NEGATIVE_INFINITY
  #chosen: string | null = null
  #isRegistered = false
  #isPaused = false
  #works = true
  #isForHolding = false
  #canHold = true
  #isHeld = false

  constructor(
    keys: GlobalKeys,
    release: KeyRelease,
    listener: HotkeyListener,
    nowMs = () => performance.now(),
  ) {
    this.#keys = keys
    this.#release = release
    this.#listener = listener
    this.#nowMs = nowMs
  }

  /** False where another program has what is chosen, or the system does not give it. */
  get works(): boolean {
    return this.#works
  }

  /** False once it turned out that nobody tells its release: then each press counts alone. */
  get canHold(): boolean {
    return this.#canHold
  }

  /**
   * Choose a hotkey; an empty text: none. While paused it is tried now and registered later.
   *
   * Throws HotkeyError, and the old one stays: BAD_ARGUMENTS for no accelerator, HOTKEY_TAKEN
   * where another program has it.
   */
  use(text: string): void {
    if (text.trim() === '') {
      this.#letGo()
      this.#chosen = null
      this.#setWorks(true)
      return
    }
    const accelerator = requireAccelerator(text)
    if (accelerator === this.#chosen && this.#isRegistered) return
    if (!this.#register(accelerator)) throw taken(accelerator)
    if (accelerator !== this.#chosen) this.#letGo()
    this.#chosen = accelerator
    this.#isRegistered = true
    this.#setWorks(true)
    if (this.#isPaused) this.#letGo()
  }

  /** Choose what is in the settings. One that cannot be had stays chosen, and is told of. */
  follow(text: string): void {
    try {
      this.use(text)
    } catch (error) {
      if (!(error instanceof HotkeyError)) throw error
      this.#letGo()
      this.#chosen = error.kind === 'HOTKEY_TAKEN' ? requireAccelerator(text) : null
      this.#setWorks(false)
    }
  }

  /** Whether it could be chosen. Throws HotkeyError (BAD_ARGUMENTS) for no accelerator. */
  isFree(text: string): boolean {
    const accelerator = requireAccelerator(text)
    if (accelerator === this.#chosen && this.#isRegistered) return true
    if (!this.#register(accelerator)) return false
    this.#keys.unregister(accelerator)
    return true
  }

  /** A page records a new hotkey: the old one must reach it, rather than start a dictation. */
  pause(): void {
    this.#isPaused = true
    this.#letGo()
  }

  resume(): void {
    this.#isPaused = false
    this.#ask()
  }

  /** After sleep or a locked screen, systems may have forgotten it. */
  renew(): void {
    this.#letGo()
    if (!this.#isPaused) this.#ask()
  }

  /** Whether its release is to be told. One that is held now is not told of any more. */
  hold(isOn: boolean): void {
    if (isOn === this.#isForHolding) return
    this.#isForHolding = isOn
    if (isOn) void this.#prepare()
    else this.#stopWatching()
  }

  close(): void {
    this.#letGo()
    this.#chosen = null
  }

  #ask(): void {
    if (this.#chosen === null || this.#isRegistered) return
    this.#isRegistered = this.#register(this.#chosen)
    this.#setWorks(this.#isRegistered)
  }

  #setWorks(works: boolean): void {
    if (works === this.#works) return
    this.#works = works
    this.#listener.changed(works)
  }

  #register(accelerator: string): boolean {
    return this.#keys.register(accelerator, () => this.#pressed(accelerator))
  }

  #pressed(accelerator: string): void {
    const isRepeat = this.#isRepeat()
    this.#lastPressMs = this.#nowMs()
    if (isRepeat) return
    this.#listener.pressed()
    if (this.#isForHolding) this.#watch(accelerator)
  }

  #isRepeat(): boolean {
    if (this.#isHeld) return true
    const sinceLastPressMs = this.#nowMs() - this.#lastPressMs
    if (!this.#isForHolding || !this.#canHold) return sinceLastPressMs <= REPEAT_MS
    const sinceReleaseMs = this.#nowMs() - this.#lastReleaseMs
    return Math.min(sinceLastPressMs, sinceReleaseMs) < LATE_REPEAT_MS
  }

  async #prepare(): Promise<void> {
    const canHold = await this.#release.prepare()
    if (this.#isForHolding) this.#setCanHold(canHold)
  }

  #watch(accelerator: string): void {
    this.#isHeld = this.#release.watch(accelerator, () => this.#released())
    this.#setCanHold(this.#isHeld)
  }

  #released(): void {
    this.#isHeld = false
    this.#lastReleaseMs = this.#nowMs()
    this.#listener.released()
  }

  #stopWatching(): void {
    this.#release.stop()
    this.#isHeld = false
  }

  #setCanHold(canHold: boolean): void {
    if (canHold === this.#canHold) return
    this.#canHold = canHold
    this.#listener.holdChanged(canHold)
  }

  /** What is held ends with it, since nobody would tell its release. */
  #letGo(): void {
    if (this.#isHeld) {
      this.#stopWatching()
      this.#released()
    }
    if (this.#chosen !== null && this.#isRegistered) this.#keys.unregister(this.#chosen)
    this.#isRegistered = false
  }
}

/** Equal combinations spelled equally. Throws HotkeyError (BAD_ARGUMENTS) for no accelerator. */
export function requireAccelerator(text: string): string {
  const parsed = parseAccelerator(text)
  if (parsed.kind === 'valid') return parsed.accelerator
  throw new HotkeyError('BAD_ARGUMENTS', `${text} cannot be the hotkey. ${parsed.why}`)
}

function taken(accelerator: string): HotkeyError {
  const message = `Another program uses ${accelerator}. Choose another key; the old one stays.`
  return new HotkeyError('HOTKEY_TAKEN', message)
}
