import type { ProgressEvent } from '../../shared/protocol'

/** From 0 to 1; null while nobody knows how much there is. */
export function shareOf({ done_ms, total_ms }: ProgressEvent): number | null {
  if (total_ms === undefined || total_ms === 0) return null
  return Math.min(1, done_ms / total_ms)
}
