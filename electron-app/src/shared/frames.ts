// Frames between a page and the web host, over one WebSocket. Text frames are JSON; binary ones
// begin with a 32-bit number, little endian: of the dictation whose chunk follows, towards the
// host; of the call whose answer's next piece follows, towards the page.

import type { AppError, DictationId, Invocation, Push, Pushes } from './ipc'

/** What a page sends. `hello` comes first: nothing is served before it was accepted. */
export type PageFrame =
  | { readonly t: 'hello'; readonly token: string | null; readonly key: string | null }
  | {
      readonly t: 'invoke'
      readonly id: number
      readonly channel: Invocation
      readonly args: readonly unknown[]
    }
  /** Whether the text of a `copy` is on the clipboard now. */
  | { readonly t: 'copied'; readonly id: number; readonly ok: boolean }

/** What the host sends. */
export type HostFrame =
  | { readonly t: 'welcome'; readonly key: string }
  | { readonly t: 'answer'; readonly id: number; readonly ok?: unknown }
  | { readonly t: 'refused'; readonly id: number; readonly error: AppError }
  /** The answer is so many bytes, which follow in binary frames. */
  | { readonly t: 'bytes'; readonly id: number; readonly total: number }
  | PushFrame
  /** Put this on the clipboard: only a page can, and only while it has the focus. */
  | { readonly t: 'copy'; readonly id: number; readonly text: string }

/** One for each channel, with the payload of that channel. */
type PushFrame = {
  [P in Push]: { readonly t: 'push'; readonly channel: P; readonly payload: Pushes[P] }
}[Push]

/** Where the WebSocket is, on the host that served the page. */
export const BRIDGE_PATH = '/bridge'

/** Why the host closed a WebSocket. */
export const CLOSE = {
  /** Neither key nor token are of this host: it was started again, or the link was used. */
  UNAUTHORIZED: 4401,
  /** No hello in time, or a frame that is none of ours. */
  BAD_FRAME: 4400,
  /** The host is on its way out. */
  GOING_AWAY: 1001,
} as const

const PREFIX_BYTES = 4

/** Bytes with the number of what they belong to. */
export function tagged(number: DictationId, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(PREFIX_BYTES + bytes.length)
  new DataView(frame.buffer).setUint32(0, number, true)
  frame.set(bytes, PREFIX_BYTES)
  return frame
}

/** The number and the bytes; null where there is no number. The bytes are a view, not a copy. */
export function untagged(frame: Uint8Array): { number: number; bytes: Uint8Array } | null {
  if (frame.length < PREFIX_BYTES) return null
  const number = new DataView(frame.buffer, frame.byteOffset).getUint32(0, true)
  return { number, bytes: frame.subarray(PREFIX_BYTES) }
}
