// One dictation: audio is kept from the first chunk on, heard by whichever sidecar is there,
// and heard again from the last final text on where a sidecar was lost.

import type { AppError, DictationEvent, DictationOptions } from '../../shared/ipc'
import type { Event, FinalEvent, Preferences, StreamOpenParams } from '../../shared/protocol'
import { BYTES_PER_MS, RATE_HZ } from '../pcm'
import { cancelled } from '../sidecar/call'
import type { SidecarClient } from '../sidecar/client'
import { SidecarError } from '../sidecar/errors'
import { finish, type Heard } from './finish'
import { Hearing } from './hearing'
import { discard, isKind, persistently } from './links'
import { Outbox } from './outbox'
import type { DictationParts } from './parts'
import { Stream, type StreamEnd } from './stream'
import { Takes } from './takes'
import type { Turns } from './turns'
import { unlessCancelled } from './waiting'

type Outcome = Extract<DictationEvent, { kind: 'ended' }>['outcome']

const KEPT = 'What was said is kept, and is offered as an interrupted recording.'
const NOT_KEPT = 'What was said could not be kept: nothing can be written to disk.'
const PRIVATE = 'It was private, so what was said is not kept.'

export class Dictation {
  readonly #options: DictationOptions
  readonly #parts: DictationParts
  readonly #tell: (event: DictationEvent) => void
  readonly #outbox = new Outbox(() => this.#tellTrouble(noRoom()))
  readonly #hearing = new Hearing({
    tell: (event) => this.#tell(event),
    trouble: (error) => this.#tellTrouble(error),
  })
  readonly #transcript = this.#hearing.transcript
  readonly #takes = new Takes()
  readonly #cancelled = new AbortController()
  readonly #skipped = new AbortController()
  readonly #turns: Turns
  #turn: Promise<void> = Promise.resolve()
  #endTurn: () => void = () => {}
  #keepsIfCancelled = false
  #stream: Stream | null = null
  #isLinked = false
  #isOpened = false
  #isStopped = false
  /** Settles after the event `ended`, and never rejects. */
  readonly ended: Promise<void>

  /** Begins at once. `tell` is told of nothing before the constructor has returned. */
  constructor(
    options: DictationOptions,
    parts: DictationParts,
    turns: Turns,
    tell: (event: DictationEvent) => void,
  ) {
    this.#options = options
    this.#parts = parts
    this.#turns = turns
    this.#tell = (event) => {
      tell(event)
      if (event.kind === 'inserted' || event.kind === 'ended') this.#endTurn()
    }
    this.ended = this.#run()
  }

  /** Whether audio is still taken. */
  get isOpen(): boolean {
    return !this.#isStopped && this.#isWanted
  }

  push(pcm: Uint8Array): void {
    this.#outbox.add(pcm)
    if (this.#isLinked) this.#stream?.pump()
  }

  /** All was pushed: make it text. Where the sidecar is away this waits for it. */
  stop(): void {
    if (!this.isOpen) return
    this.#isStopped = true
    this.#turn = this.#turns.take(
      new Promise((resolve) => {
        this.#endTurn = resolve
      }),
    )
    this.#tell({ kind: 'transcribing' })
    if (this.#isLinked) this.#stream?.close()
  }

  /** Throw it away. A text that is being inserted already stays; the first to say so decides. */
  cancel(keep: boolean): void {
    if (!this.#isWanted) return
    this.#keepsIfCancelled = keep && !this.#options.isPrivate
    this.#cancelled.abort()
  }

  skipPolish(): void {
    this.#skipped.abort()
  }

  async #run(): Promise<void> {
    await Promise.resolve() // who made it has to know it before it is told anything
    const outcome = await this.#toItsEnd().catch((error: unknown) => this.#fail(error))
    this.#stream?.detach()
    this.#outbox.close()
    this.#tell({ kind: 'ended', outcome })
  }

  async #toItsEnd(): Promise<Outcome> {
    const { supervisor, preferences, later } = this.#parts
    const chosen = await this.#unlessCancelled(persistently(supervisor, () => preferences.get()))
    const final = chosen === null ? null : await this.#hear(chosen)
    if (chosen === null || final === null) return this.#abandon()
    const heard = this.#heard(final)
    const outcome = await finish(heard, {
      ...this.#parts,
      chosen: await preferences.get().catch(() => chosen), // it may have changed meanwhile
      isPrivate: this.#options.isPrivate,
      turn: this.#turn,
      cancelled: this.#cancelled.signal,
      skipped: this.#skipped.signal,
      tell: this.#tell,
    })
    if (outcome === 'cancelled') return this.#abandon()
    if (!this.#options.isPrivate) later(discard(supervisor, this.#takes.spare(heard.audioMs)))
    return outcome
  }

  /** Until it is final, in as many sidecars as that takes. Null: it was cancelled. */
  async #hear(chosen: Preferences): Promise<FinalEvent | null> {
    let over: SidecarClient | null = null
    for (;;) {
      const stream: Stream | null = await this.#unlessCancelled(this.#takenUp(chosen, over))
      if (stream === null) return null
      const end: StreamEnd | null = await this.#unlessCancelled(this.#follow(stream))
      if (end === null) return null
      this.#isLinked = false
      if (end.kind === 'final' && !this.#isToGoOn(end.final)) return end.final
      if (end.kind === 'final') this.#stream = null // nothing that could be resumed
      over = end.kind === 'lost' || this.#hearing.trouble !== null ? stream.client : null
      this.#hearing.forgetTrouble()
      this.#tell({ kind: 'interrupted' })
    }
  }

  #takenUp(chosen: Preferences, over: SidecarClient | null): Promise<Stream> {
    const { supervisor } = this.#parts
    return persistently(supervisor, (client) => this.#takeUp(client, chosen), over)
  }

  #follow(stream: Stream): Promise<StreamEnd> {
    this.#isLinked = true
    if (this.#isOpened) this.#tell({ kind: 'resumed', text: this.#transcript.text })
    else this.#tell({ kind: 'opened' })
    this.#isOpened = true
    if (this.#isStopped) stream.close()
    return stream.end
  }

  /** Go on with the stream of before, or begin another one. */
  async #takeUp(client: SidecarClient, chosen: Preferences): Promise<Stream> {
    if (!this.#isWanted) throw cancelled()
    if (this.#stream !== null && (await this.#resumes(this.#stream, client))) return this.#stream
    this.#stream = null
    this.#outbox.rewind()
    this.#transcript.restart()
    const recording = this.#takes.begin(this.#transcript.boundaryMs)
    const params = this.#paramsFor(chosen, recording)
    const stream = await Stream.open(client, params, this.#outbox, (event) => this.#take(event))
    if (!this.#isWanted) {
      stream.detach()
      await stream.abort(false)
      throw cancelled()
    }
    this.#stream = stream
    return stream
  }

  /** Whether it is the same run of the sidecar, and still knows the dictation. */
  async #resumes(stream: Stream, client: SidecarClient): Promise<boolean> {
    if (stream.client.hello.epoch !== client.hello.epoch) return false
    try {
      await stream.resume(client)
      return true
    } catch (error) {
      if (isKind(error, 'NO_SESSION')) return false
      throw error
    }
  }

  #paramsFor(chosen: Preferences, recording: string): StreamOpenParams {
    return {
      format: 'pcm_s16le',
      rate_hz: RATE_HZ,
      ...(chosen.engine !== '' && { engine: chosen.engine }),
      ...(chosen.language !== '' && { language: chosen.language }),
      hotwords: chosen.hotwords,
      mode: chosen.mode,
      ...(this.#options.isPrivate ? { unrecorded: true } : { recording }),
    }
  }

  #take(event: Event): void {
    this.#hearing.take(event, this.#stream?.textThere ?? '')
    if (event.t === 'segment_final') {
      this.#outbox.settle(this.#transcript.boundaryMs * BYTES_PER_MS)
    }
  }

  /**
   * Whether another stream is to go on. A sidecar that was asked to leave ends what runs, with an
   * error; one that heard nothing of us for too long gives up what it cannot tell anybody.
   */
  #isToGoOn({ reason }: FinalEvent): boolean {
    if (reason === 'close') return false
    return this.#hearing.trouble === null
      ? reason === 'abort'
      : this.#hearing.trouble.kind === 'CANCELLED'
  }

  /** Throws what has ended it before its time. */
  #heard(final: FinalEvent): Heard {
    this.#hearing.catchUp(final.text)
    this.#parts.onHeard(final.engine, final.timings)
    if (final.reason !== 'close') {
      throw (
        this.#hearing.trouble ??
        new SidecarError('INTERNAL', 'The dictation ended before its time.')
      )
    }
    this.#outbox.acknowledge(this.#outbox.sent)
    const audioMs = this.#outbox.endByte / BYTES_PER_MS
    return {
      text: this.#transcript.text.trim(),
      segments: this.#transcript.segments,
      engine: final.engine,
      language: final.language ?? null,
      notices: final.notices,
      audioMs,
      hasSpeech: this.#hearing.hasSpeech || final.timings.speech_ms > 0,
      isComplete: this.#hearing.isComplete && final.complete,
      parts: this.#options.isPrivate ? [] : this.#takes.parts(audioMs),
    }
  }

  /** It was cancelled. */
  async #abandon(): Promise<Outcome> {
    const { supervisor, later } = this.#parts
    if (this.#isLinked) {
      await this.#stream?.abort(this.#keepsIfCancelled).catch((error: unknown) => {
        if (!(error instanceof SidecarError)) throw error // it is gone, or has ended
      })
    }
    this.#stream?.detach() // what it tells from here on must not move what is being kept
    if (this.#keepsIfCancelled) await this.#keepRest()
    else if (!this.#options.isPrivate) later(discard(supervisor, this.#takes.recordings))
    return 'cancelled'
  }

  /** It cannot go on. What is not in the journal goes to disk; the text so far is told. */
  async #fail(error: unknown): Promise<Outcome> {
    const why = this.#parts.toAppError(error, 'dictation')
    const what = this.#options.isPrivate ? PRIVATE : (await this.#keepRest()) ? KEPT : NOT_KEPT
    const message = `${why.message} ${what}`
    const { text } = this.#transcript
    if (text !== '') this.#tell({ kind: 'final', text, notices: [] })
    this.#tell({ kind: 'trouble', error: { ...why, message } })
    return 'failed'
  }

  /** Put what no sidecar has where the next one will find it; returns whether it is safe. */
  async #keepRest(): Promise<boolean> {
    const { rescue, later, toAppError } = this.#parts
    try {
      const isAny = await rescue.keep(this.#outbox.unacknowledged())
      if (isAny) later(this.#bringIn())
      return true
    } catch (error) {
      toAppError(error, 'rescue')
      return false
    }
  }

  /** Every new sidecar is asked; the one that is there has to be asked now. */
  async #bringIn(): Promise<void> {
    const { rescue, supervisor } = this.#parts
    const client = await supervisor.client().catch(() => null)
    if (client !== null) await rescue.bringIn(client)
  }

  get #isWanted(): boolean {
    return !this.#cancelled.signal.aborted
  }

  #unlessCancelled<T>(promise: Promise<T>): Promise<T | null> {
    return unlessCancelled(promise, this.#cancelled.signal)
  }

  #tellTrouble(error: AppError): void {
    this.#tell({ kind: 'trouble', error: this.#parts.toAppError(error, 'dictation') })
  }
}

function noRoom(): SidecarError {
  const message =
    'There is no room on disk for what waits to be heard: it is kept in memory. Free some space.'
  return new SidecarError('DISK_FULL', message)
}
