// Whatever dies while somebody speaks: no word is lost.

import { expect, test } from 'vitest'
import { COUNTED, COUNTING, count, isWhole, momentMs } from './counting'
import { entries, fillHistory, hears, kept, start } from './steps'
import { inBrowser, useApp } from './testing'

const N_KILLS = 3

inBrowser('no word is lost', () => {
  const tested = useApp({ sound: COUNTED, preferences: { hotwords: COUNTING } })

  test('when the sidecar is killed at any moment, which is told', async () => {
    const { app, page } = tested
    const whole = await count(page, async () => {})
    expect(whole).toHaveLength(3)

    for (let seed = 0; seed < N_KILLS; seed += 1) {
      const counted = await count(page, async () => {
        await page.waitForTimeout(momentMs(seed)) // it is what is tried
        await app.host.killSidecar()
        await page.getByText('The speech engine restarts. What you say is kept.').waitFor()
      })

      expect(isWhole(counted, whole), `${counted} in place of ${whole}`).toBe(true)
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
