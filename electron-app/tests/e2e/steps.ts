// What a person does with the app, and sees of it.

import type { Locator, Page } from 'playwright-core'
import type { SottoApi } from '../../src/shared/api'

/** In the page. */
declare const window: { readonly sotto: SottoApi }

/** What the scripted engine is to say, by how many seconds of a sentence it has heard. */
export const SAID = 'Please call Anna about the boat tomorrow.'
export const SCRIPT = [
  'at:0.3 Please',
  'at:0.7 Please call Anna',
  'at:1.0 Please call Anna about the boat',
  `at:1.3 ${SAID}`,
]

export const startButton = (page: Page): Locator =>
  page.getByRole('button', { name: 'Start recording' })
export const stopButton = (page: Page): Locator =>
  page.getByRole('button', { name: 'Stop recording' })
export const liveText = (page: Page): Locator => page.getByRole('region', { name: 'What was said' })
export const phase = (page: Page): Locator => page.locator('.recording-phase')
export const entries = (page: Page): Locator => page.locator('[data-entry]')

export async function start(page: Page): Promise<void> {
  await startButton(page).click()
  await stopButton(page).waitFor()
}

/** Resolves once the text is there and settled. */
export async function stop(page: Page): Promise<void> {
  await stopButton(page).click()
  await finished(page)
}

export async function finished(page: Page): Promise<void> {
  await page.locator('.recording-phase-done').waitFor()
}

/** Waits until the text has these words. */
export async function hears(page: Page, words: string | RegExp): Promise<void> {
  await liveText(page).filter({ hasText: words }).waitFor()
}

export async function dictate(page: Page, words: string | RegExp = SAID): Promise<void> {
  await start(page)
  await hears(page, words)
  await stop(page)
}

/** Settled and tentative text, without what reads it aloud. */
export async function shownText(page: Page): Promise<string> {
  return ((await liveText(page).locator('p').first().textContent()) ?? '').trim()
}

export async function goTo(page: Page, name: 'Record' | 'History' | 'Models' | 'Settings') {
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click()
  await page.getByRole('heading', { level: 1, name }).waitFor()
}

export function clipboard(page: Page): Promise<string> {
  return page.evaluate('navigator.clipboard.readText()')
}

/** How many entries there are, and how many recordings that wait for somebody. */
export function kept(page: Page): Promise<{ entries: number; recordings: number }> {
  return page.evaluate(async () => ({
    entries: (await window.sotto.history.list({})).total,
    recordings: (await window.sotto.recordings.list()).length,
  }))
}

/** The history is to have these texts alone, the first of them on top. */
export async function fillHistory(page: Page, ...texts: readonly string[]): Promise<void> {
  const there = () =>
    page.evaluate(async () =>
      (await window.sotto.history.list({})).entries.map(({ entry }) => entry),
    )
  for (let n = (await there()).length; n < texts.length; n += 1) await dictate(page, /\S/)
  const all = await there()
  await page.evaluate(
    async ({ left, gone, wanted }) => {
      if (gone.length > 0) await window.sotto.history.delete(gone, true)
      for (const [at, entry] of left.entries())
        await window.sotto.history.update({ entry, text: wanted[at] ?? '' })
    },
    { left: all.slice(0, texts.length), gone: all.slice(texts.length), wanted: texts },
  )
}

/** Waits until so much was recorded, or more. */
export function recorded(page: Page, seconds: number): Promise<void> {
  const timer = "document.querySelector('[role=timer]').textContent.split(':')"
  return until(
    page,
    `(([minutes, seconds]) => 60 * minutes + Number(seconds))(${timer}) >= ${seconds}`,
  )
}

/** Waits until an expression holds in the page, whose policy lets no function poll there. */
export async function until(page: Page, expression: string): Promise<void> {
  while (!(await page.evaluate<boolean>(expression))) await page.waitForTimeout(50)
}

/** What the page holds after a forced collection. */
export async function usedHeapMb(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await session.detach()
  return usedSize / 1e6
}
