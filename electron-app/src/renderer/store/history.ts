// The part of the history that is shown: what fits the search, and as many pages as were asked for.

import type { SottoApi } from '../../shared/api'
import { type AppError, workOn } from '../../shared/ipc'
import type { EntryId, HistoryEntry, HistoryListParams } from '../../shared/protocol'
import { asAppError } from './app-error'
import { cell, type Readable } from './cell'
import { shareOf } from './share'

export interface HistoryFilter {
  readonly query: string
  readonly show: 'all' | 'starred' | 'trash'
}

export interface HistoryView {
  readonly filter: HistoryFilter
  readonly entries: readonly HistoryEntry[]
  /** How many fit, shown or not. */
  readonly total: number
  readonly isLoading: boolean
  readonly error: AppError | null
  /** Those that are heard again just now, and how far that is: from 0 to 1, or null. */
  readonly busy: ReadonlyMap<EntryId, number | null>
}

export interface HistoryStore extends Readable<HistoryView> {
  show(filter: Partial<HistoryFilter>): Promise<void>
  /** What is shown, read anew: no fewer entries than before. */
  reload(): Promise<void>
  more(): Promise<void>
  star(entry: EntryId, starred: boolean): Promise<void>
  edit(entry: EntryId, text: string): Promise<void>
  /** Into the trash, or away for good from there. */
  remove(entries: readonly EntryId[]): Promise<void>
  /** All entries and the trash, for good; resolves to how many there were. */
  removeAll(): Promise<number>
  restore(entries: readonly EntryId[]): Promise<void>
  /** Rejects with CANCELLED where it was stopped: the entry is as it was. */
  retranscribe(entry: EntryId, engine: string | null): Promise<void>
  stopRetranscribing(entry: EntryId): Promise<void>
}

const PAGE = 50
/** The most that one answer holds. */
const MOST = 200

const EMPTY: HistoryView = {
  filter: { query: '', show: 'all' },
  entries: [],
  total: 0,
  isLoading: true,
  error: null,
  busy: new Map(),
}

function paramsOf({ query, show }: HistoryFilter): HistoryListParams {
  return {
    ...(query.trim() === '' ? {} : { query: query.trim() }),
    ...(show === 'starred' ? { starred: true } : {}),
    ...(show === 'trash' ? { trashed: true } : {}),
  }
}

/** Calls that change something reject with an `AppError`; failures to read are in the view. */
export function historyStore(api: SottoApi): HistoryStore {
  const view = cell(EMPTY)
  const change = (changes: Partial<HistoryView>) => view.set({ ...view.get(), ...changes })
  // Answers to older questions come to nothing.
  let asked = 0

  const read = async (load: () => Promise<Partial<HistoryView>>) => {
    asked += 1
    const mine = asked
    change({ isLoading: true })
    const loaded = await load().catch((reason: unknown) => ({ error: asAppError(reason) }))
    if (mine === asked) change({ error: null, ...loaded, isLoading: false })
  }
  const firstPages = async (atLeast: number) => {
    const params = paramsOf(view.get().filter)
    let entries: readonly HistoryEntry[] = []
    let total = 0
    do {
      const limit = Math.min(Math.max(atLeast - entries.length, PAGE), MOST)
      const before = entries.at(-1)?.entry
      const page = await api.history.list({ ...params, limit, ...(before && { before }) })
      entries = [...entries, ...page.entries]
      total = page.total
      if (page.entries.length < limit) break
    } while (entries.length < atLeast)
    return { entries, total }
  }
  const nextPage = async () => {
    const { filter, entries } = view.get()
    const before = entries.at(-1)?.entry
    const params = { ...paramsOf(filter), limit: PAGE, ...(before && { before }) }
    const page = await api.history.list(params)
    return { entries: [...entries, ...page.entries] }
  }
  const put = (entry: HistoryEntry) =>
    change({
      entries: view.get().entries.map((one) => (one.entry === entry.entry ? entry : one)),
    })
  const setBusy = (entry: EntryId, isBusy: boolean) => {
    const busy = new Map(view.get().busy)
    if (isBusy) busy.set(entry, null)
    else busy.delete(entry)
    change({ busy })
  }
  const takeOut = (entries: readonly EntryId[]) => {
    const { entries: shown, total } = view.get()
    const left = shown.filter((one) => !entries.includes(one.entry))
    change({ entries: left, total: total - (shown.length - left.length) })
  }

  const store: HistoryStore = {
    get: view.get,
    subscribe: view.subscribe,
    show(filter) {
      change({ filter: { ...view.get().filter, ...filter } })
      return read(() => firstPages(PAGE))
    },
    reload: () => read(() => firstPages(view.get().entries.length)),
    more: () => read(nextPage),
    async star(entry, starred) {
      put(await api.history.update({ entry, starred }))
    },
    async edit(entry, text) {
      put(await api.history.update({ entry, text }))
    },
    async remove(entries) {
      await api.history.delete(entries, view.get().filter.show === 'trash')
      takeOut(entries)
    },
    async removeAll() {
      let deleted = 0
      for (const trashed of [false, true]) {
        for (;;) {
          const page = await api.history.list({ trashed, limit: MOST })
          if (page.entries.length === 0) break
          const gone = await api.history.delete(
            page.entries.map(({ entry }) => entry),
            true,
          )
          // Another page was quicker: it goes on with what is left.
          if (gone === 0) break
          deleted += gone
        }
      }
      await store.reload()
      return deleted
    },
    async restore(entries) {
      for (const entry of entries) await api.history.update({ entry, trashed: false })
      await store.reload()
    },
    async retranscribe(entry, engine) {
      setBusy(entry, true)
      try {
        put(await api.history.retranscribe(entry, engine))
      } finally {
        setBusy(entry, false)
      }
    },
    async stopRetranscribing(entry) {
      await api.work.stop(workOn.entry(entry))
    },
  }
  api.on('work:progress', ({ work, progress }) => {
    const busy = new Map(view.get().busy)
    for (const entry of busy.keys())
      if (workOn.entry(entry) === work) change({ busy: busy.set(entry, shareOf(progress)) })
  })
  api.on('history:changed', () => void store.reload())
  return store
}
