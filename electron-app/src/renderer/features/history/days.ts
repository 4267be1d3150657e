import type { HistoryEntry } from '../../../shared/protocol'
import { startOfDay } from '../../i18n'

export interface Day {
  /** Midnight, where the person is. */
  readonly startMs: number
  readonly entries: readonly HistoryEntry[]
}

/** Entries that follow each other on the same day, together. */
export function groupByDay(entries: readonly HistoryEntry[]): readonly Day[] {
  const days: { startMs: number; entries: HistoryEntry[] }[] = []
  for (const entry of entries) {
    const startMs = startOfDay(entry.created_ms)
    const last = days.at(-1)
    if (last?.startMs === startMs) last.entries.push(entry)
    else days.push({ startMs, entries: [entry] })
  }
  return days
}
