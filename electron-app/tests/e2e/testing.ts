// An app for the tests of a file, and a page for each of them.

import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest'
import { App, type AppOptions } from './app'
import { BUILD, hindrance } from './checkout'
import { entries } from './steps'

if (hindrance !== null) console.warn(`The app is not tested in a browser. ${hindrance}`)

/** Tests that need a browser; where there is none they are skipped, and the reason is told. */
export const inBrowser = describe.skipIf(hindrance !== null)

export interface Tested {
  readonly app: App
  /** A tab of this test alone. */
  readonly page: Page
}

/** Call it within `inBrowser`. What pages or the host complain of fails the test. */
export function useApp(options: AppOptions = {}): Tested {
  const tested = { app: new App(options), page: null as unknown as Page }
  beforeAll(() => tested.app.start())
  beforeEach(async ({ onTestFailed, task }) => {
    await tested.app.closePages() // those of the test before
    tested.page = await tested.app.open()
    onTestFailed(() => picture(tested.page, task.name))
  })
  afterEach(async () => {
    expect(tested.app.takeProblems()).toEqual([])
  })
  afterAll(() => tested.app.stop())
  return tested
}

/** Of the history, as it is shown. */
export async function expectEntries(page: Page, ...texts: readonly string[]): Promise<void> {
  await expect
    .poll(() => entries(page).locator('.entry-line, .entry-text').allInnerTexts())
    .toEqual(texts)
}

/** For whoever has to find out why it failed. */
async function picture(page: Page, name: string): Promise<void> {
  const path = join(BUILD, 'failures', `${name.replace(/\W+/g, '-')}.png`)
  if (!page.isClosed()) await page.screenshot({ path })
  console.warn(`How it looked: ${path}`)
}
