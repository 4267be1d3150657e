// What each call must be given. Nothing acts before its arguments fit.

import type { ExportFormat, Invocation, Invocations, Surface, WorkKey } from '../../shared/ipc'
import {
  type EntryId,
  isEngineId,
  isEntryId,
  isHistoryListParams,
  isHistoryUpdateParams,
  isMap,
  isPreferencesPatch,
} from '../../shared/protocol'

type Guard<T> = (value: unknown) => value is T
type Guards<T extends readonly unknown[]> = { readonly [I in keyof T]: Guard<T[I]> }

const MAX_ENTRIES = 1000
const MAX_TEXT_UNITS = 2_097_152
const SURFACES: readonly Surface[] = ['record', 'history', 'models', 'settings', 'welcome']
const FORMATS: readonly ExportFormat[] = ['txt', 'json', 'srt', 'vtt']

const isBoolean: Guard<boolean> = (value) => typeof value === 'boolean'

const isDictation: Guard<number> = (value): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff_ffff

const isRecording: Guard<string> = (value): value is string =>
  typeof value === 'string' && /^[0-9a-f]{32}$/.test(value)

const isWork: Guard<WorkKey> = (value): value is WorkKey =>
  typeof value === 'string' && /^(recording:[0-9a-f]{32}|entry:[1-9][0-9]{0,15})$/.test(value)

const isEntries: Guard<readonly EntryId[]> = (value): value is readonly EntryId[] =>
  Array.isArray(value) && value.length >= 1 && value.length <= MAX_ENTRIES && value.every(isEntryId)

const isOptions = (value: unknown): value is { readonly isPrivate: boolean } =>
  isMap(value) && isBoolean(value['isPrivate'])

function isText(low: number, high: number): Guard<string> {
  return (value): value is string =>
    typeof value === 'string' &&
    value.length >= low &&
    value.length <= high &&
    value.isWellFormed() &&
    !value.includes('\0')
}

function isOneOf<T extends string>(choices: readonly T[]): Guard<T> {
  return (value): value is T => choices.some((choice) => choice === value)
}

function isOrNull<T>(guard: Guard<T>): Guard<T | null> {
  return (value): value is T | null => value === null || guard(value)
}

const isPath = isText(1, 4096)

/** Which arguments each channel takes. */
export const ARGUMENTS: { readonly [C in Invocation]: Guards<Parameters<Invocations[C]>> } = {
  'host:info': [],
  'sidecar:status': [],
  'sidecar:restart': [],
  'sidecar:report': [],
  'engines:list': [],
  'dictation:open': [isOptions],
  'dictation:stop': [isDictation],
  'dictation:cancel': [isDictation, isBoolean],
  'dictation:skip-polish': [isDictation],
  'text:insert': [isText(1, MAX_TEXT_UNITS)],
  'text:copy': [isText(1, MAX_TEXT_UNITS)],
  'recordings:list': [],
  'recordings:recover': [isRecording],
  'recordings:discard': [isRecording],
  'history:list': [isHistoryListParams],
  'history:get': [isEntryId],
  'history:update': [isHistoryUpdateParams],
  'history:delete': [isEntries, isBoolean],
  'history:audio': [isEntryId],
  'history:retranscribe': [isEntryId, isOrNull(isEngineId)],
  'work:stop': [isWork],
  'history:export': [isEntries, isOneOf(FORMATS)],
  'models:list': [],
  'models:install': [isEngineId, isOrNull(isText(1, 512))],
  'models:import': [isPath],
  'models:verify': [isEngineId],
  'models:remove': [isEngineId],
  'models:stop': [isPath],
  'models:pick-folder': [],
  'models:speeds': [],
  'config:get': [],
  'config:set': [isPreferencesPatch],
  'secrets:has-key': [],
  'secrets:set-key': [isText(0, 512)],
  'llm:try': [isText(1, 512), isText(1, 256)],
  'hotkey:try': [isText(1, 64)],
  'hotkey:pause': [isBoolean],
  'hotkey:works': [],
  'private:get': [],
  'private:set': [isBoolean],
  'window:show': [isOneOf(SURFACES)],
  'window:hide-pill': [],
}

/** Where a call's arguments do not fit: which one, counted from 1; null where all do. */
export function badArgument(channel: Invocation, args: readonly unknown[]): number | null {
  const guards: readonly Guard<unknown>[] = ARGUMENTS[channel]
  const index = guards.findIndex((guard, at) => !guard(args[at]))
  if (index >= 0) return index + 1
  return args.length > guards.length ? guards.length + 1 : null
}
