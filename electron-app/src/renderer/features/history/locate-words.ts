import type { Segment, Word } from '../../../shared/protocol'

export interface Span {
  /** Where it begins in the segment's text. */
  readonly at: number
  readonly text: string
  /** Null for spaces and punctuation between words, and for words whose time is not known. */
  readonly word: Word | null
}

/** The segment's text, cut so that each word can be told apart; joined it is the same text. */
export function locateWords({ text, words }: Segment): readonly Span[] {
  const spans: Span[] = []
  let at = 0
  for (const word of words) {
    const heard = word.text.trim()
    const start = heard === '' ? -1 : text.indexOf(heard, at)
    // A word that the text writes otherwise keeps its sound, but has no place of its own.
    if (start < 0) continue
    if (start > at) spans.push({ at, text: text.slice(at, start), word: null })
    spans.push({ at: start, text: heard, word })
    at = start + heard.length
  }
  if (at < text.length) spans.push({ at, text: text.slice(at), word: null })
  return spans
}
