// The system's clipboard, as far as what it holds can be put back.

import type { AppError } from '../../shared/ipc'

/** What a clipboard holds; an empty field: nothing of that format. */
export interface Content {
  readonly text: string
  readonly html: string
  readonly rtf: string
  /** A PNG file. */
  readonly image: Uint8Array
  /** Names of formats that are there and could not be put back, such as files. */
  readonly others: readonly string[]
}

/** Why nothing got onto the clipboard. */
export class ClipboardError extends Error implements AppError {
  override readonly name = 'ClipboardError'
  readonly kind: 'CLIPBOARD_FAILED' | 'NOT_SUPPORTED'
  readonly retryable: boolean

  constructor(kind: ClipboardError['kind'], message: string) {
    super(message)
    this.kind = kind
    this.retryable = kind === 'CLIPBOARD_FAILED'
  }
}

/**
 * Faces the operating system. Both functions may reject while another program holds the
 * clipboard. A ClipboardError that is not retryable is told as it is.
 */
export interface Clipboard {
  /** Null where a clipboard can be written and not read, as that of a browser. */
  read(): Promise<Content | null>
  /** Replaces all that is there; what is empty is left out, and `others` are not written. */
  write(content: Content): Promise<void>
}

export function textOnly(text: string): Content {
  return { text, html: '', rtf: '', image: new Uint8Array(), others: [] }
}

/** Whether nothing but this text is there: who copies elsewhere mostly brings formats along. */
export function holdsOnly(content: Content, text: string): boolean {
  const isPlain = content.html === '' && content.rtf === '' && content.image.length === 0
  return isPlain && sameLines(content.text, text)
}

/** Whether something would be lost if the content were written back. */
export function isWhole(content: Content): boolean {
  return content.others.length === 0
}

export function isEmpty(content: Content): boolean {
  const { text, html, rtf, image } = content
  return text === '' && html === '' && rtf === '' && image.length === 0
}

function sameLines(one: string, other: string): boolean {
  // Windows and some clipboard managers change line ends.
  const plain = (text: string) => text.replace(/\r\n?/g, '\n')
  return plain(one) === plain(other)
}
