import type { ReactNode } from 'react'

/** The text, with every place that has one of the words of the query marked. */
export function Highlight({ text, query }: { text: string; query: string }): ReactNode {
  return pieces(text, query).map((piece) =>
    piece.isHit ? <mark key={piece.at}>{piece.text}</mark> : piece.text,
  )
}

export interface Piece {
  readonly at: number
  readonly text: string
  readonly isHit: boolean
}

/** Cut where the query's words begin and end; letters of any case count as the same. */
export function pieces(text: string, query: string): readonly Piece[] {
  const words = query.trim().split(/\s+/).filter(Boolean)
  if (words.length === 0) return [{ at: 0, text, isHit: false }]
  const pattern = new RegExp(`(${words.map(escaped).join('|')})`, 'giu')
  let at = 0
  const found: Piece[] = []
  // Splitting by a group leaves the hits in the odd places.
  for (const [index, part] of text.split(pattern).entries()) {
    if (part !== '') found.push({ at, text: part, isHit: index % 2 === 1 })
    at += part.length
  }
  return found
}

function escaped(word: string): string {
  return word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
