// Hotwords as a person writes them: one on each line.

const MOST_WORDS = 256
const MOST_CHARS = 64

export type Hotwords =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'too-long'; readonly line: number }
  | { readonly kind: 'too-many'; readonly count: number }

/** Empty lines and repeated words count once or not at all. Lengths are in code points. */
export function parseHotwords(text: string): Hotwords {
  const lines = text.split(/\r\n|[\n\r]/).map((line) => line.trim())
  const long = lines.findIndex((line) => [...line].length > MOST_CHARS)
  if (long >= 0) return { kind: 'too-long', line: long + 1 }
  const words = [...new Set(lines.filter((line) => line !== ''))]
  if (words.length > MOST_WORDS) return { kind: 'too-many', count: words.length }
  return { kind: 'words', words }
}
