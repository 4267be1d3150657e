import { useEffect, useRef } from 'react'
import type { EntryId, HistoryEntry } from '../../../shared/protocol'

type Entries = readonly HistoryEntry[]

/** The entry that takes the place of those that go; the one before where none follows. */
export function neighbourOf(entries: Entries, gone: readonly EntryId[]): EntryId | null {
  const isLeft = ({ entry }: HistoryEntry) => !gone.includes(entry)
  const last = entries.findLastIndex(({ entry }) => gone.includes(entry))
  const next = entries.slice(last + 1).find(isLeft) ?? entries.findLast(isLeft)
  return next?.entry ?? null
}

/** Whoever deletes by keyboard goes on at the next entry, not at the top of the page. */
export function useFocusAfterRemoval(entries: Entries) {
  const next = useRef<EntryId | null>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: looks whenever the list has changed
  useEffect(() => {
    // Where the focus is elsewhere by now, it is left alone.
    if (next.current === null || document.activeElement !== document.body) return
    document.querySelector<HTMLElement>(`[data-entry="${next.current}"] .entry-open`)?.focus()
    next.current = null
  }, [entries])
  return (before: Entries, gone: readonly EntryId[]) => {
    next.current = neighbourOf(before, gone)
  }
}
