// Dictations with a real sidecar for tests: what is said, what was told, what is left on disk.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, expect } from 'vitest'
import type { AppError, DictationEvent, DictationId, Receipt } from '../../shared/ipc'
import type {
  HistoryEntry,
  KeptRecording,
  Preferences,
  PreferencesPatch,
} from '../../shared/protocol'
import { BYTES_PER_MS } from '../pcm'
import { PreferencesCache } from '../preferences'
import { SidecarError } from '../sidecar/errors'
import {
  silence,
  speech,
  startSidecar,
  type TestOptions,
  type TestSidecar,
} from '../sidecar/testing'
import { Dictations } from './dictations'
import type { TextInserter } from './parts'

const CHUNK_BYTES = 100 * BYTES_PER_MS

export type EventOf<K extends DictationEvent['kind']> = Extract<DictationEvent, { kind: K }>

/** Sentences with pauses between them; no two of them are the same sound. */
export function sentences(n: number): Uint8Array {
  const spoken = Array.from({ length: n }, (_, which) => {
    const quieter = VOICE.map((sample) => Math.round(sample * (1 - which / (2 * n))))
    return Buffer.concat([Buffer.from(quieter.buffer), silence(1.3)])
  })
  return new Uint8Array(Buffer.concat(spoken))
}

/** A voice without a pause at its end. */
export const VOICE: Int16Array = new Int16Array(speech().slice().buffer)

/** A voice that makes no pause, in chunks, for who waits for something to be told meanwhile. */
export function* unceasing(): Generator<Uint8Array> {
  for (let n = 0; n < 6; n += 1) yield* chunksOf(new Uint8Array(VOICE.buffer))
  throw new Error('what was waited for was not told')
}

export function chunksOf(pcm: Uint8Array): readonly Uint8Array[] {
  const n = Math.floor(pcm.length / CHUNK_BYTES)
  return Array.from({ length: n }, (_, at) => pcm.slice(at * CHUNK_BYTES, (at + 1) * CHUNK_BYTES))
}

/** Faces the operating system in place of the clipboard and the paste keystroke. */
export class FakeInserter implements TextInserter {
  readonly inserted: string[] = []
  receipt: Receipt = { kind: 'pasted', clipboardRestored: true }
  /** A mistake of ours, which no receipt can name. */
  fault: Error | null = null

  insert(text: string, _: Preferences): Promise<Receipt> {
    if (this.fault !== null) return Promise.reject(this.fault)
    this.inserted.push(text)
    return Promise.resolve(this.receipt)
  }
}

/** What a dictation tells, and what can be done with it. */
export class Speaker {
  readonly id: DictationId
  readonly events: DictationEvent[] = []
  readonly #dictations: Dictations
  #news: () => void = () => {}

  constructor(dictations: Dictations, isPrivate: boolean) {
    this.#dictations = dictations
    this.id = dictations.open({ isPrivate })
    dictations.onEvent(({ dictation, event }) => {
      if (dictation !== this.id) return
      this.events.push(event)
      this.#news()
    })
  }

  /** What a page shows: commits appended, and all replaced where the dictation was resumed. */
  get shown(): string {
    return this.events.reduce((text, event) => {
      if (event.kind === 'commit') return text + event.text
      return event.kind === 'resumed' ? event.text : text
    }, '')
  }

  /** The kinds of events in order, without those that may come any number of times. */
  get kinds(): readonly string[] {
    const often = ['partial', 'commit', 'lag', 'speech', 'polishing']
    return this.events.map((event) => event.kind).filter((kind) => !often.includes(kind))
  }

  say(pcm: Uint8Array): void {
    for (const chunk of chunksOf(pcm)) this.#dictations.push(this.id, chunk)
  }

  /** The same faster than one speaks, but not all at once. */
  async speak(pcm: Uint8Array, paceMs = 4): Promise<void> {
    for (const chunk of chunksOf(pcm)) {
      this.#dictations.push(this.id, chunk)
      await pause(paceMs)
    }
  }

  stop(): void {
    this.#dictations.stop(this.id)
  }

  cancel(keep: boolean): void {
    this.#dictations.cancel(this.id, keep)
  }

  of<K extends DictationEvent['kind']>(kind: K): readonly EventOf<K>[] {
    return this.events.filter((event): event is EventOf<K> => event.kind === kind)
  }

  /** Waits for the n-th event of a kind. */
  async until<K extends DictationEvent['kind']>(kind: K, n = 1): Promise<EventOf<K>> {
    for (;;) {
      const found = this.of(kind)[n - 1]
      if (found !== undefined) return found
      await new Promise<void>((resolve) => {
        this.#news = resolve
      })
    }
  }

  async ended(): Promise<EventOf<'ended'>['outcome']> {
    return (await this.until('ended')).outcome
  }
}

/** Makes desks for the tests of a file; each ends with its test. */
export function desks(): (options?: TestOptions) => Desk {
  const made: Desk[] = []
  afterEach(async () => {
    const own = made.splice(0)
    await Promise.all(own.map((desk) => desk.stop()))
    expect(own.flatMap((desk) => desk.unexpected)).toEqual([])
  }, 30_000)
  return (options) => {
    const desk = new Desk(options)
    made.push(desk)
    return desk
  }
}

/** A sidecar and dictations to it. */
export class Desk {
  readonly sidecar: TestSidecar
  readonly inserter = new FakeInserter()
  readonly preferences: PreferencesCache
  readonly dictations: Dictations
  readonly unexpected: unknown[] = []
  key: string | null = null

  constructor(options: TestOptions = { scripted: true }) {
    this.sidecar = startSidecar(options)
    const { supervisor } = this.sidecar
    this.preferences = new PreferencesCache(supervisor)
    this.dictations = new Dictations({
      supervisor,
      preferences: this.preferences,
      inserter: this.inserter,
      secrets: { key: () => Promise.resolve(this.key) },
      rescueFolder: this.rescueFolder,
      toAppError: (error) => this.#toAppError(error),
    })
  }

  get rescueFolder(): string {
    return join(this.sidecar.folder, 'rescued')
  }

  async choose(changes: PreferencesPatch): Promise<void> {
    await this.preferences.set(changes)
  }

  open(isPrivate = false): Speaker {
    return new Speaker(this.dictations, isPrivate)
  }

  /** Say all of it and stop. */
  async dictate(pcm: Uint8Array, isPrivate = false): Promise<Speaker> {
    const speaker = this.open(isPrivate)
    speaker.say(pcm)
    speaker.stop()
    await speaker.ended()
    return speaker
  }

  /** As a crash or the system would. */
  async kill(): Promise<void> {
    process.kill((await this.sidecar.client()).hello.pid, 'SIGKILL')
  }

  async recordings(): Promise<readonly KeptRecording[]> {
    await this.dictations.idle()
    const client = await this.sidecar.client()
    return (await client.call('journal.list', {})).result.recordings
  }

  async entries(): Promise<readonly HistoryEntry[]> {
    const client = await this.sidecar.client()
    return (await client.call('history.list', {})).result.entries
  }

  /** The audio of an entry, without its header. */
  async audio(entry: number): Promise<Buffer> {
    const client = await this.sidecar.client()
    const pieces: Uint8Array[] = []
    for (let offset = 0, total = 1; offset < total; ) {
      const params = { entry, offset, max_bytes: 1 << 20 }
      const { result, binaries } = await client.call('history.audio', params)
      const [piece = new Uint8Array()] = binaries
      pieces.push(piece)
      offset += piece.length
      total = result.total_bytes
    }
    const wav = Buffer.concat(pieces)
    return wav.subarray(wav.indexOf('data', 12, 'latin1') + 8)
  }

  /** Whether the newest entry has exactly that sound. */
  async hasTheAudio(said: Uint8Array): Promise<boolean> {
    const [entry] = await this.entries()
    if (entry === undefined) return false
    return (await this.audio(entry.entry)).equals(Buffer.concat([...chunksOf(said)]))
  }

  /** All files of the sidecar, its log among them, and of the dictations, by their paths. */
  files(): readonly string[] {
    const { folder } = this.sidecar
    for (;;) {
      try {
        return readdirSync(folder, { recursive: true }).map(String)
      } catch (error) {
        if (!existsSync(folder)) throw error
        // A folder in it was deleted meanwhile: look again.
      }
    }
  }

  async stop(): Promise<void> {
    await this.dictations.close()
    await this.sidecar.stop()
  }

  #toAppError(error: unknown): AppError {
    if (error instanceof SidecarError) {
      const { kind, message, retryable, detail } = error
      return { kind, message, retryable, ...(detail !== undefined && { detail }) }
    }
    this.unexpected.push(error)
    return { kind: 'INTERNAL', message: String(error), retryable: false }
  }
}
