// Whatever dies while somebody speaks: no word is lost.

import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { sentences } from './sound'
import { entries, fillHistory, hears, kept, shownText, start, stop } from './steps'
import { inBrowser, useApp } from './testing'

/** Each sentence is longer than the one before; the script says a number each half second. */
const LENGTHS_S = [1.2, 2.2, 3.2]
const COUNTING = ['one', 'two', 'three', 'four', 'five', 'six', 'seven'].map(
  (_, at, words) => `at:${at / 2 + 0.25} ${words.slice(0, at + 1).join(' ')}`,
)
/** All of it, with pauses. */
const WHOLE_S = Math.ceil(LENGTHS_S.reduce((sum, one) => sum + one + 1.3, 0))
const N_KILLS = 3

/** How far the script counted in each sentence. */
function counts(text: string): readonly number[] {
  return text
    .split(/\bone\b/)
    .slice(1)
    .map((rest) => 1 + rest.trim().split(/\s+/).filter(Boolean).length)
}

/** What is shown in the end, and on the way; `during` does its worst meanwhile. */
async function dictation(page: Page, during: () => Promise<void>) {
  await start(page)
  await during()
  await page
    .getByRole('timer')
    .getByText(`0:${String(WHOLE_S).padStart(2, '0')}`)
    .waitFor()
  await stop(page)
  return counts(await shownText(page))
}

/** A number from 0 to 1 for each seed: what fails once can be had again. */
function random(seed: number): number {
  const x = Math.sin(seed + 1) * 10_000
  return x - Math.floor(x)
}

inBrowser('no word is lost', () => {
  const tested = useApp({ sound: sentences(...LENGTHS_S), preferences: { hotwords: COUNTING } })

  test('when the sidecar is killed at any moment, which is told', async () => {
    const { app, page } = tested
    const whole = await dictation(page, async () => {})

    for (let seed = 0; seed < N_KILLS; seed += 1) {
      const counted = await dictation(page, async () => {
        await page.waitForTimeout(random(seed) * WHOLE_S * 1000) // the moment is what is tried
        await app.host.killSidecar()
        await page.getByText('The speech engine restarts. What you say is kept.').waitFor()
      })

      expect(counted).toHaveLength(LENGTHS_S.length)
      // A sentence begins some samples earlier or later each time: it may count one more or less.
      for (const [at, count] of counted.entries())
        expect(Math.abs(count - (whole[at] ?? 0)), `${counted} of ${whole}`).toBeLessThanOrEqual(1)
    }
  })

  test('when its tab is closed: the recording is offered, and recovered', async () => {
    const { app, page } = tested
    await fillHistory(page)
    await start(page)
    await hears(page, 'one two three')

    await page.close()
    const other = await app.open('#/history')
    await other.getByText('A recording was interrupted').waitFor()
    await other.getByRole('button', { name: 'Recover' }).click()
    await other.getByText('Recovered. The text is in the history.').waitFor()

    expect(await entries(other).locator('.entry-line').textContent()).toContain('one two')
    expect(await kept(other)).toEqual({ entries: 1, recordings: 0 })
  })

  test('when the host is killed: after its next start the recording is recovered', async () => {
    const { app, page } = tested
    await fillHistory(page)
    await start(page)
    await hears(page, 'one two three')

    await app.host.kill()
    await app.closePages()
    await app.startHost()
    const again = await app.open('#/history')
    await again.getByText('A recording was interrupted').waitFor()
    await again.getByRole('button', { name: 'Recover' }).click()
    await again.getByText('Recovered. The text is in the history.').waitFor()

    expect(await entries(again).locator('.entry-line').textContent()).toContain('one two')
    expect(await kept(again)).toEqual({ entries: 1, recordings: 0 })
  })
})
