// The text of a dictation, from the streams of all sidecars that heard a part of it.
//
// Text before the boundary is final. When a sidecar was lost, the next one hears the audio from
// there on, and what had been committed behind it is taken back: it will be said again.

import type {
  CommitEvent,
  PartialEvent,
  Segment,
  SegmentFinalEvent,
  Word,
} from '../../shared/protocol'
import { codePoints, following } from './spacing'

/** Text that was appended, and the length of all before it. */
export interface Appended {
  readonly text: string
  readonly offset: number
}

export class Transcript {
  #text = ''
  /** What the stream that goes on has committed, without what came before it. */
  #streamText = ''
  #streamStartMs = 0
  readonly #segments: Segment[] = []
  #words: Word[] = []
  #settled = { text: '', segments: 0, ms: 0 }

  /** All that stands. */
  get text(): string {
    return this.#text
  }

  get segments(): readonly Segment[] {
    return this.#segments
  }

  /** Where the final text ends, from the start of the dictation. */
  get boundaryMs(): number {
    return this.#settled.ms
  }

  /** Another stream begins at the boundary. */
  restart(): void {
    this.#text = this.#settled.text
    this.#segments.length = this.#settled.segments
    this.#words = []
    this.#streamText = ''
    this.#streamStartMs = this.#settled.ms
  }

  commit(event: CommitEvent): Appended {
    for (const word of event.words) this.#words.push(later(word, this.#streamStartMs))
    return this.#append(event.text)
  }

  /** What of the text that the stream has, up to `end`, did not come as commits; null: nothing. */
  catchUp(streamText: string, end?: number): Appended | null {
    const missed = Array.from(streamText).slice(codePoints(this.#streamText), end).join('')
    return missed === '' ? null : this.#append(missed)
  }

  /** What may follow the committed text, with the space before it. */
  partial(event: PartialEvent): string {
    return this.#streamText === '' ? following(this.#text, event.text) : event.text
  }

  endSegment(event: SegmentFinalEvent): void {
    const text = event.text.trim()
    const words = this.#words
    this.#words = []
    if (text !== '')
      this.#segments.push(later({ ...spanOf(event), text, words }, this.#streamStartMs))
    // Speech that was cut for its length goes on at once. A stream that began there could take
    // the rest of it, if it is short, for noise; it is heard again from the last pause on. The
    // same goes where the segment's commits did not all come, after a broken connection.
    if (event.trigger === 'length' || !this.#text.trimEnd().endsWith(text)) return
    const ms = this.#streamStartMs + event.end_ms
    this.#settled = { text: this.#text, segments: this.#segments.length, ms }
  }

  #append(text: string): Appended {
    const isFirst = this.#streamText === ''
    const piece = isFirst ? following(this.#text, text) : text
    const offset = codePoints(this.#text)
    this.#streamText += text
    this.#text += piece
    return { text: piece, offset }
  }
}

function spanOf({ start_ms, end_ms }: SegmentFinalEvent): { start_ms: number; end_ms: number } {
  return { start_ms, end_ms }
}

function later<T extends { readonly start_ms: number; readonly end_ms: number }>(
  timed: T,
  ms: number,
): T {
  return { ...timed, start_ms: timed.start_ms + ms, end_ms: timed.end_ms + ms }
}
