// The one key that starts and stops a dictation from anywhere.

import type { AppError } from '../../shared/ipc'
import { parseAccelerator } from './accelerator'

/**
 * Faces the operating system. Electron's implementation learns of presses alone: no system
 * tells it when a key is let go, and repeats of a held key come on some systems only, so they
 * cannot stand for it. Hold-to-talk by a global key therefore works as toggle (`hasRelease`).
 */
export interface GlobalKeys {
  readonly hasRelease: boolean
  /** False where another program has it, or the system does not allow any. */
  register(accelerator: string, pressed: () => void, released: () => void): boolean
  unregister(accelerator: string): void
}

export interface HotkeyListener {
  pressed(): void
  /** Only where the system tells; see `hasRelease`. */
  released(): void
  /** Whether the one that is chosen works has changed. It is asked for again at each `renew`. */
  changed(works: boolean): void
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

/** At most one hotkey is registered: the one that is chosen, if it can be had. */
export class Hotkeys {
  readonly #keys: GlobalKeys
  readonly #listener: HotkeyListener
  readonly #nowMs: () => number
  #lastPressMs = Number.NEGATIVE_INFINITY
  #chosen: string | null = null
  #isRegistered = false
  #isPaused = false
  #works = true

  constructor(keys: GlobalKeys, listener: HotkeyListener, nowMs = () => performance.now()) {
    this.#keys = keys
    this.#listener = listener
    this.#nowMs = nowMs
  }

  /** False where another program has what is chosen, or the system does not give it. */
  get works(): boolean {
    return this.#works
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
    return this.#keys.register(
      accelerator,
      () => this.#pressed(),
      () => this.#listener.released(),
    )
  }

  #pressed(): void {
    const sinceLastMs = this.#nowMs() - this.#lastPressMs
    this.#lastPressMs = this.#nowMs()
    if (this.#keys.hasRelease || sinceLastMs > REPEAT_MS) this.#listener.pressed()
  }

  #letGo(): void {
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
