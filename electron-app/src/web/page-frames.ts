// Reads what a page sent; nothing in it is believed before it was looked at.

import type { PageFrame } from '../shared/frames'

/** `channel` and `args` of an invoke are still to be checked. */
export type ReadFrame =
  | Exclude<PageFrame, { t: 'invoke' | 'hello' }>
  | { readonly t: 'hello'; readonly token: unknown; readonly key: unknown }
  | { readonly t: 'invoke'; readonly id: number; readonly channel: unknown; readonly args: unknown }

/** Null where it is no frame of ours. */
export function readPageFrame(text: string): ReadFrame | null {
  const value = parsed(text)
  if (value === null) return null
  const { t, id, ok, channel, args, token, key } = value
  if (t === 'hello') return { t, token, key }
  if (!isId(id)) return null
  if (t === 'invoke') return { t, id, channel, args }
  return t === 'copied' && typeof ok === 'boolean' ? { t, id, ok } : null
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff_ffff
}
