import { afterEach, expect, test } from 'vitest'
import { getLocale, setLocale } from '../i18n'
import { applyAppearance, keptAppearance } from './appearance'

afterEach(() => {
  localStorage.clear()
  setLocale('en')
})

test('colours and language hold, and are known again after a start', () => {
  applyAppearance({ theme: 'dark', ui_language: 'zh' })

  expect(document.documentElement.dataset['theme']).toBe('dark')
  expect(document.documentElement.lang).toBe('zh-CN')
  expect(getLocale()).toBe('zh')
  expect(keptAppearance()).toEqual({ theme: 'dark', ui_language: 'zh' })
})

test('the colours of the system are no colours of ours', () => {
  applyAppearance({ theme: 'dark', ui_language: 'en' })
  applyAppearance({ theme: 'system', ui_language: 'en' })

  expect(document.documentElement.dataset['theme']).toBeUndefined()
})

test('what was kept and makes no sense is the choice of the system', () => {
  localStorage.setItem('sotto.appearance', '{"theme":"pink"}')
  const strange = keptAppearance()
  localStorage.setItem('sotto.appearance', 'not json')

  expect(strange).toEqual({ theme: 'system', ui_language: 'system' })
  expect(keptAppearance()).toEqual({ theme: 'system', ui_language: 'system' })
})
