// All dictations of all pages.

import { setTimeout as pause } from 'node:timers/promises'
import type { AppError, DictationEvent, DictationId, DictationOptions } from '../../shared/ipc'
import { type EngineId, LIMITS, type Timings } from '../../shared/protocol'
import { BYTES_PER_MS, SAMPLE_BYTES } from '../pcm'
import { SidecarError } from '../sidecar/errors'
import { Listeners } from '../sidecar/listeners'
import type { Supervisor } from '../sidecar/supervisor'
import { Dictation } from './dictation'
import type { Chosen, DictationParts, KeyHolder, TextInserter } from './parts'
import { Rescue } from './rescue'
import { Saver } from './saving'
import { Speeds } from './speeds'
import { Turns } from './turns'

const LEAST_CHUNK_BYTES = 20 * BYTES_PER_MS
const MOST_CHUNK_BYTES = LIMITS.max_chunk_ms * BYTES_PER_MS
const CLOSE_MS = 3000

export interface DictationsParts {
  readonly supervisor: Supervisor
  readonly preferences: Chosen
  readonly inserter: TextInserter
  readonly secrets: KeyHolder
  /** A private folder for audio that no sidecar could take; made when it is needed. */
  readonly rescueFolder: string
  /** What a page may know of an error; logs those that nobody expected. */
  readonly toAppError: (error: unknown, doing: string) => AppError
}

export interface Told {
  readonly dictation: DictationId
  readonly event: DictationEvent
}

export class Dictations {
  readonly #parts: DictationParts
  readonly #open = new Map<DictationId, Dictation>()
  readonly #told = new Listeners<Told>()
  readonly #speeds = new Speeds()
  readonly #turns = new Turns()
  readonly #unfinished = new Set<Promise<void>>()
  #lastId = 0

  constructor({ rescueFolder, ...parts }: DictationsParts) {
    const rescue = new Rescue(rescueFolder, (error) => void parts.toAppError(error, 'rescue'))
    this.#parts = {
      ...parts,
      rescue,
      saver: new Saver(parts.supervisor),
      onHeard: (engine: EngineId, timings: Timings) => this.#speeds.take(engine, timings),
      later: (work) => this.#finishLater(work),
    }
    parts.supervisor.onClient((client) => this.#finishLater(rescue.bringIn(client)))
  }

  /** Begin one. Audio may be pushed at once. Throws BUSY where too many go on. */
  open(options: DictationOptions): DictationId {
    if (this.#open.size >= LIMITS.max_streams) {
      const message = `No more than ${LIMITS.max_streams} dictations at a time: end one first.`
      throw new SidecarError('BUSY', message)
    }
    this.#lastId += 1
    const id = this.#lastId
    const tell = (event: DictationEvent): void => this.#told.tell({ dictation: id, event })
    const dictation = new Dictation(options, this.#parts, this.#turns, tell)
    this.#open.set(id, dictation)
    this.#finishLater(dictation.ended.then(() => void this.#open.delete(id)))
    return id
  }

  /**
   * The next chunk: PCM of 20 to 500 ms, not to be changed afterwards. One that comes after the
   * end is ignored, since whoever pushes may not know of it yet. Throws BAD_ARGUMENTS.
   */
  push(id: DictationId, pcm: Uint8Array): void {
    const isFit = pcm.length >= LEAST_CHUNK_BYTES && pcm.length <= MOST_CHUNK_BYTES
    if (!isFit || pcm.length % SAMPLE_BYTES !== 0) {
      const message = `Push 20 to ${LIMITS.max_chunk_ms} ms of whole 16-bit samples at 16 kHz.`
      throw new SidecarError('BAD_ARGUMENTS', message)
    }
    const dictation = this.#open.get(id)
    if (dictation?.isOpen === true) dictation.push(pcm)
  }

  /** All was pushed: make it text. Throws NO_DICTATION. */
  stop(id: DictationId): void {
    this.#find(id).stop()
  }

  /** Throw it away; with `keep` its audio stays, unless it is private. Throws NO_DICTATION. */
  cancel(id: DictationId, keep: boolean): void {
    this.#find(id).cancel(keep)
  }

  /** Use the raw text. Throws NO_DICTATION. */
  skipPolish(id: DictationId): void {
    this.#find(id).skipPolish()
  }

  /** Returns what ends it. */
  onEvent(listener: (told: Told) => void): () => void {
    return this.#told.add(listener)
  }

  /** For each engine: computing time / length of the speech that it heard. */
  speeds(): Readonly<Record<EngineId, number>> {
    return this.#speeds.all()
  }

  /** Settles when nothing goes on any more, neither dictations nor what they left to be done. */
  async idle(): Promise<void> {
    while (this.#unfinished.size > 0) await Promise.all(this.#unfinished)
  }

  /**
   * The app ends: what is not finished stays as an interrupted recording. Waits for that, and for
   * recordings that need not stay to be deleted: the next start would offer them.
   */
  async close(): Promise<void> {
    for (const dictation of this.#open.values()) dictation.cancel(true)
    await Promise.race([this.idle(), pause(CLOSE_MS, undefined, { ref: false })])
  }

  #find(id: DictationId): Dictation {
    const dictation = this.#open.get(id)
    if (dictation !== undefined) return dictation
    throw new SidecarError('NO_DICTATION', 'This dictation has ended, or never was. Begin another.')
  }

  #finishLater(work: Promise<void>): void {
    const own = work
      .catch((error: unknown) => void this.#parts.toAppError(error, 'dictation'))
      .finally(() => this.#unfinished.delete(own))
    this.#unfinished.add(own)
  }
}
