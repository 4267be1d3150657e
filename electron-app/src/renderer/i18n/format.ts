// Dates, times, sizes and names of languages, as the language of the app writes them.

import { localeTag, t } from '.'

const SECOND_MS = 1000
const DAY_MS = 86_400_000
const BUILTIN = 'builtin'

/** 1:05, or 1:02:05 from an hour on; rounds down, as clocks do. */
export function formatDuration(ms: number): string {
  const seconds = Math.floor(ms / SECOND_MS)
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const two = (n: number) => String(n).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** How long something will still take, in one unit that a person can use. */
export function formatRemaining(ms: number): string {
  if (ms < 60 * SECOND_MS) return formatUnit(Math.max(1, Math.round(ms / SECOND_MS)), 'second')
  if (ms < 3600 * SECOND_MS) return formatUnit(Math.round(ms / (60 * SECOND_MS)), 'minute')
  return formatUnit(Math.round(ms / (360 * SECOND_MS)) / 10, 'hour')
}

function formatUnit(value: number, unit: 'second' | 'minute' | 'hour'): string {
  return value.toLocaleString(localeTag(), { style: 'unit', unit, unitDisplay: 'long' })
}

/** Decimal units, as shops and systems write sizes of downloads. */
export function formatBytes(bytes: number): string {
  const steps = [
    [1e9, 'GB', 1],
    [1e6, 'MB', 0],
    [1e3, 'kB', 0],
  ] as const
  for (const [size, name, digits] of steps)
    if (bytes >= size) return `${formatNumber(bytes / size, digits)} ${name}`
  return `${formatNumber(bytes, 0)} B`
}

export function formatNumber(value: number, digits: number): string {
  return value.toLocaleString(localeTag(), { maximumFractionDigits: digits })
}

export function formatPercent(share: number): string {
  return share.toLocaleString(localeTag(), { style: 'percent', maximumFractionDigits: 0 })
}

export function formatTime(ms: number): string {
  return new Date(ms).toLocaleTimeString(localeTag(), { hour: 'numeric', minute: '2-digit' })
}

/** Today, Yesterday, or the date; with the year where it is not this year's. */
export function formatDay(ms: number, nowMs: number): string {
  const days = Math.round((startOfDay(nowMs) - startOfDay(ms)) / DAY_MS)
  if (days === 0) return t('day.today')
  if (days === 1) return t('day.yesterday')
  const date = new Date(ms)
  const sameYear = date.getFullYear() === new Date(nowMs).getFullYear()
  return date.toLocaleDateString(localeTag(), {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(sameYear ? {} : { year: 'numeric' }),
  })
}

export function formatDateTime(ms: number): string {
  return new Date(ms).toLocaleString(localeTag(), { dateStyle: 'medium', timeStyle: 'short' })
}

/** Midnight, where the person is, before that moment. */
export function startOfDay(ms: number): number {
  return new Date(ms).setHours(0, 0, 0, 0)
}

/** The name of a spoken language; its tag where there is none. */
export function languageName(tag: string): string {
  return new Intl.DisplayNames(localeTag(), { type: 'language' }).of(tag) ?? tag
}

/** What people call an engine; models are known by their id. */
export function engineName(engine: string): string {
  return engine === BUILTIN ? t('models.builtin-name') : engine
}

/** Several names, one after the other, without an "and". */
export function formatList(names: readonly string[]): string {
  return names.join(t('list.separator'))
}
