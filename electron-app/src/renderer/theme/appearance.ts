// Colours and language of the page. Kept in the browser as well, so that the first paint after a
// start is right before the preferences have come.

import type { Preferences } from '../../shared/protocol'
import { type Locale, setLocale, systemLocale } from '../i18n'

type Appearance = Pick<Preferences, 'theme' | 'ui_language'>

const KEPT_AS = 'sotto.appearance'

function localeOf(language: Preferences['ui_language']): Locale {
  return language === 'system' ? systemLocale() : language
}

/** Show the page in these colours and this language, from now on and after the next start. */
export function applyAppearance({ theme, ui_language }: Appearance): void {
  const root = document.documentElement
  if (theme === 'system') delete root.dataset['theme']
  else root.dataset['theme'] = theme
  setLocale(localeOf(ui_language))
  localStorage.setItem(KEPT_AS, JSON.stringify({ theme, ui_language }))
}

/** What the page looked like last time; the system's choice where that is not known. */
export function keptAppearance(): Appearance {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT_AS) ?? 'null')
    if (isAppearance(kept)) return kept
  } catch {
    // Not ours, or damaged: the preferences will come anyway.
  }
  return { theme: 'system', ui_language: 'system' }
}

function isAppearance(value: unknown): value is Appearance {
  if (typeof value !== 'object' || value === null) return false
  const { theme, ui_language } = value as Record<string, unknown>
  return (
    (theme === 'system' || theme === 'light' || theme === 'dark') &&
    (ui_language === 'system' || ui_language === 'en' || ui_language === 'zh')
  )
}
