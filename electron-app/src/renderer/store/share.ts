import type { ProgressEvent } from '../../shared/protocol'

/** From 0 to 1; null before the first piece of it is done, and while nobody knows how much there is. */
export function shareOf({ done_ms, total_ms }: ProgressEvent): number | null {
  if (done_ms === 0 || total_ms === undefined) return null
  return Math.min(1, done_ms / Math.max(total_ms, done_ms))
}
