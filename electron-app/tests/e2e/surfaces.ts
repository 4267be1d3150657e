// Every surface of the app, for tests that look at all of them.

import type { Page } from 'playwright-core'
import { until } from './steps'

export interface Surface {
  readonly name: string
  /** The end of its address. */
  readonly hash: string
  /** Something that is there once all of it is. */
  readonly sign: string
}

const SECTIONS = [
  'recording',
  'engine',
  'insertion',
  'cleaning',
  'privacy',
  'appearance',
  'about',
] as const

export const SURFACES: readonly Surface[] = [
  { name: 'record', hash: '#/record', sign: '.record-button' },
  { name: 'history', hash: '#/history', sign: '[data-entry]' },
  { name: 'models', hash: '#/models', sign: '.model-list article' },
  ...SECTIONS.map((section) => ({
    name: `settings-${section}`,
    hash: `#/settings/${section}`,
    sign: section === 'about' ? '.facts dd' : '.setting, .field',
  })),
  { name: 'welcome', hash: '#/welcome', sign: '.welcome-actions' },
]

/** Shows it in a page that is open. */
export async function show(page: Page, { hash, sign }: Surface): Promise<void> {
  await page.evaluate(`location.hash = '${hash}'`)
  await page.locator(sign).first().waitFor()
  // What a surface loads as it opens is there, and is where it stays.
  await until(page, 'document.getAnimations().every(({ playState }) => playState !== "running")')
}
