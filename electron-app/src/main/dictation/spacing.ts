// Joining texts that were recognised apart, as the sidecar does (sidecar/text/spacing.py).

// Scripts that are written without spaces between words: Han, Kana and their full-width
// punctuation, Thai, Lao, Burmese, Khmer. Hangul is not among them.
const UNSPACED =
  /^[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u303f\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\u{20000}-\u{2ebef}]/u

/** What is appended to `before` so that `text` follows as its script is written. */
export function following(before: string, text: string): string {
  const piece = text.trimStart()
  if (before === '' || piece === '' || /\s$/u.test(before)) return piece
  const last = /.$/su.exec(before)?.[0] ?? ''
  return UNSPACED.test(last) && UNSPACED.test(piece) ? piece : ` ${piece}`
}

/** The length of a text as the protocol counts it. */
export function codePoints(text: string): number {
  let length = 0
  for (const _ of text) length += 1
  return length
}
