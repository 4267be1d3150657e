import { expect, test } from 'vitest'
import type { WorkKey } from '../../shared/ipc'
import type { HistoryListParams, HistoryListResult } from '../../shared/protocol'
import { historyStore } from './history'
import { entryOf, failure, pending, scriptedHost } from './scripted-host'

/** Answers `history:list` from so many entries, newest first. */
function listFrom(count: number) {
  const all = Array.from({ length: count }, (_, index) => entryOf(count - index))
  return ({ before = count + 1, limit = 50, query = '' }: HistoryListParams): HistoryListResult => {
    const fitting = all.filter((entry) => entry.text.includes(query))
    const older = fitting.filter(({ entry }) => entry < before)
    return { entries: older.slice(0, limit), total: fitting.length }
  }
}

test('more entries follow those that are shown', async () => {
  const host = scriptedHost({ 'history:list': listFrom(120) })
  const store = historyStore(host.api)

  await store.reload()
  await store.more()

  const shown = store.get().entries.map(({ entry }) => entry)
  expect(shown).toEqual(Array.from({ length: 100 }, (_, index) => 120 - index))
  expect(store.get().total).toBe(120)
})

test('a reload shows no fewer entries than before', async () => {
  const host = scriptedHost({ 'history:list': listFrom(500) })
  const store = historyStore(host.api)
  await store.reload()
  for (let page = 0; page < 5; page += 1) await store.more()

  await store.reload()

  expect(
    store
      .get()
      .entries.map(({ entry }) => entry)
      .slice(-1),
  ).toEqual([201])
})

test('the answer to an older search is not shown', async () => {
  const slow = pending<HistoryListResult>()
  const host = scriptedHost({
    'history:list': ({ query }) =>
      query === 'old' ? slow.promise : { entries: [entryOf(2, 'new')], total: 1 },
  })
  const store = historyStore(host.api)

  const older = store.show({ query: 'old' })
  await store.show({ query: 'new' })
  slow.resolve({ entries: [entryOf(1, 'old')], total: 1 })
  await older

  expect(store.get().entries.map(({ text }) => text)).toEqual(['new'])
})

test('what cannot be read is told, and what was shown stays', async () => {
  const host = scriptedHost({ 'history:list': listFrom(3) })
  const store = historyStore(host.api)
  await store.reload()
  host.answer({ 'history:list': () => Promise.reject(failure('SIDECAR_DOWN')) })

  await store.reload()

  expect(store.get().error?.kind).toBe('SIDECAR_DOWN')
  expect(store.get().entries).toHaveLength(3)
})

test('a change of the history is read anew', async () => {
  const host = scriptedHost({ 'history:list': listFrom(1) })
  const store = historyStore(host.api)
  await store.reload()
  const read = pending<void>()
  store.subscribe(() => {
    if (!store.get().isLoading) read.resolve()
  })
  host.answer({ 'history:list': listFrom(2) })

  host.tell('history:changed', undefined)
  await read.promise

  expect(store.get().total).toBe(2)
})

test('an entry goes into the trash, and for good only from there', async () => {
  const host = scriptedHost({ 'history:list': listFrom(3), 'history:delete': () => 1 })
  const store = historyStore(host.api)
  await store.reload()

  await store.remove([2])
  const left = store.get()
  await store.show({ show: 'trash' })
  await store.remove([1])

  expect(left.entries.map(({ entry }) => entry)).toEqual([3, 1])
  expect(left.total).toBe(2)
  expect(host.calls.filter(([channel]) => channel === 'history:delete')).toEqual([
    ['history:delete', [2], false],
    ['history:delete', [1], true],
  ])
})

test('everything is deleted, the trash included, page by page', async () => {
  const kept = { shown: [1, 2, 3], trashed: [4] }
  const side = (trashed: boolean | undefined) => (trashed ? 'trashed' : 'shown')
  const host = scriptedHost({
    'history:list': ({ trashed }) => {
      const entries = kept[side(trashed)].slice(0, 2).map((entry) => entryOf(entry))
      return { entries, total: kept[side(trashed)].length }
    },
    'history:delete': (entries) => {
      kept.shown = kept.shown.filter((entry) => !entries.includes(entry))
      kept.trashed = kept.trashed.filter((entry) => !entries.includes(entry))
      return entries.length
    },
  })

  const deleted = await historyStore(host.api).removeAll()

  expect(deleted).toBe(4)
  expect(kept).toEqual({ shown: [], trashed: [] })
})

test('how far an entry is heard again is told, and stopping it is asked for by its name', async () => {
  const again = pending<ReturnType<typeof entryOf>>()
  const host = scriptedHost({
    'history:list': listFrom(2),
    'history:retranscribe': () => again.promise,
    'work:stop': () => undefined,
  })
  const store = historyStore(host.api)
  await store.reload()
  const tell = (work: WorkKey, done_ms: number) =>
    host.tell('work:progress', {
      work,
      progress: { t: 'progress', phase: 'transcribing', done_ms, total_ms: 4000 },
    })

  const running = store.retranscribe(1, null)
  expect(store.get().busy.get(1)).toBeNull()
  tell('entry:1', 1000)
  tell('entry:2', 4000)
  expect([...store.get().busy]).toEqual([[1, 0.25]])
  await store.stopRetranscribing(1)
  again.reject(failure('CANCELLED'))

  await expect(running).rejects.toMatchObject({ kind: 'CANCELLED' })
  expect(host.calls.at(-1)).toEqual(['work:stop', 'entry:1'])
})

test('an entry is busy while it is heard again, also if that fails', async () => {
  const again = pending<ReturnType<typeof entryOf>>()
  const host = scriptedHost({
    'history:list': listFrom(1),
    'history:retranscribe': () => again.promise,
  })
  const store = historyStore(host.api)
  await store.reload()

  const running = store.retranscribe(1, 'other')
  const during = store.get().busy.has(1)
  again.reject(failure('WORKER_CRASHED'))

  await expect(running).rejects.toMatchObject({ kind: 'WORKER_CRASHED' })
  expect(during).toBe(true)
  expect(store.get().busy.has(1)).toBe(false)
})
