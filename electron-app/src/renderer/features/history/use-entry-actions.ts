// What a person can do with entries, each told of if it does not work.

import type { EntryId, HistoryEntry } from '../../../shared/protocol'
import { t } from '../../i18n'
import { asAppError, useApp } from '../../store'
import { useComplain } from '../errors'

export interface EntryActions {
  copy(text: string): void
  star(entry: HistoryEntry): void
  /** Into the trash, with a way back for a while; for good from there. */
  remove(entries: readonly EntryId[]): void
  restore(entries: readonly EntryId[]): void
  edit(entry: EntryId, text: string): void
  again(entry: EntryId, engine: string): void
  stopAgain(entry: EntryId): void
}

export function useEntryActions(): EntryActions {
  const { api, history, toasts } = useApp()
  const complain = useComplain()
  const unlessStopped = (reason: unknown) => {
    if (asAppError(reason).kind !== 'CANCELLED') complain(reason)
  }
  const remove = async (entries: readonly EntryId[]) => {
    const wasTrash = history.get().filter.show === 'trash'
    await history.remove(entries)
    const text = t('history.deleted', { count: entries.length })
    const undo = {
      label: t('common.undo'),
      run: () => void history.restore(entries).catch(complain),
    }
    toasts.show(wasTrash ? { text } : { text, action: undo })
  }
  const copy = async (text: string) => {
    const receipt = await api.text.copy(text)
    if (receipt.kind === 'failed') throw receipt.error
    toasts.show({ text: t('common.copied') })
  }
  return {
    copy: (text) => void copy(text).catch(complain),
    star: ({ entry, starred }) => void history.star(entry, !starred).catch(complain),
    remove: (entries) => void remove(entries).catch(complain),
    restore: (entries) => void history.restore(entries).catch(complain),
    edit: (entry, text) => void history.edit(entry, text).catch(complain),
    again: (entry, engine) => void history.retranscribe(entry, engine).catch(unlessStopped),
    stopAgain: (entry) => void history.stopRetranscribing(entry).catch(complain),
  }
}
