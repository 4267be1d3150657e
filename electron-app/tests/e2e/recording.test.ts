// From the press of a button to a text on the screen.

import { expect, test } from 'vitest'
import {
  clipboard,
  dictate,
  fillHistory,
  finished,
  goTo,
  hears,
  kept,
  phase,
  recorded,
  SAID,
  SCRIPT,
  shownText,
  start,
  startButton,
  stop,
  stopButton,
} from './steps'
import { expectEntries, inBrowser, useApp } from './testing'

inBrowser('what is said', () => {
  const tested = useApp({ preferences: { hotwords: SCRIPT } })

  test('comes while one speaks, is whole at the end, on the clipboard and in the history', async () => {
    const { page } = tested
    await fillHistory(page)

    await start(page)
    await hears(page, 'Please')
    const live = await shownText(page)
    await hears(page, SAID)
    await stop(page)
    const final = await shownText(page)
    const told = await phase(page).textContent()
    await goTo(page, 'History')

    expect(live).toMatch(/^Please/) // a slow machine may show all of it at once
    expect(final).toBe(SAID)
    expect(told).toContain('Copied')
    expect(await clipboard(page)).toBe(SAID)
    await expectEntries(page, SAID)
  })

  test.each(['Space', 'Enter'])('is recorded by the key %s', async (key) => {
    const { page } = tested
    await startButton(page).focus()

    await page.keyboard.press(key)
    await hears(page, SAID)
    await page.keyboard.press(key)
    await finished(page)

    expect(await shownText(page)).toBe(SAID)
  })

  test('is recorded by the hotkey while the page is in front, on whichever page', async () => {
    const { page } = tested
    await goTo(page, 'History')

    await page.keyboard.press('Control+Shift+Space')
    await page.getByRole('link', { name: 'Record' }).getByText('recording').waitFor()
    await goTo(page, 'Record')
    await hears(page, SAID)
    await page.keyboard.press('Control+Shift+Space')
    await finished(page)

    expect(await shownText(page)).toBe(SAID)
  })

  test('is thrown away by Esc, and nothing is kept of it', async () => {
    const { page } = tested
    await fillHistory(page)

    await start(page)
    await hears(page, 'Please call')
    await page.keyboard.press('Escape')
    await phase(page).getByText('Discarded').waitFor()

    expect(await kept(page)).toEqual({ entries: 0, recordings: 0 })
  })

  test('is thrown away by the button, and the next one is not', async () => {
    const { page } = tested
    await fillHistory(page)

    await start(page)
    await hears(page, 'Please call')
    await page.getByRole('button', { name: 'Discard' }).click()
    await phase(page).getByText('Discarded').waitFor()
    await dictate(page)
    await dictate(page)
    await goTo(page, 'History')

    await expectEntries(page, SAID, SAID)
  })

  test('is recorded as long as button or key are held, where that is chosen', async () => {
    const { app, page } = tested
    await app.set(page, { activation: 'hold' })
    const button = page.getByRole('button', { name: 'Hold to record' })

    await button.hover()
    await page.mouse.down()
    await stopButton(page).waitFor()
    await hears(page, SAID)
    await page.mouse.up()
    await finished(page)
    const byPointer = await shownText(page)
    await button.focus()
    await page.keyboard.down('Space')
    await hears(page, 'Please call')
    await page.keyboard.up('Space')
    await finished(page)
    const byKey = await shownText(page)
    await app.set(page, { activation: 'toggle' })

    expect(byPointer).toBe(SAID)
    expect(SAID.slice(0, byKey.length)).toBe(byKey)
  })

  test('is shown after the end, where that is chosen', async () => {
    const { app, page } = tested
    await app.set(page, { mode: 'batch' })

    await start(page)
    await recorded(page, 2)
    const meanwhile = await shownText(page)
    await recorded(page, 3)
    await stop(page)
    await app.set(page, { mode: 'live' })

    expect(meanwhile).not.toContain('Please call')
    expect(await shownText(page)).toBe(SAID)
  })
})
