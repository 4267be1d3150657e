// What can be done with texts that are in the history.

import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { clipboard, entries, fillHistory, goTo, SAID, SCRIPT } from './steps'
import { expectEntries, inBrowser, useApp } from './testing'

const CHINESE = '明天请给安娜打电话，说船的事。'

inBrowser('a text of the history', () => {
  const tested = useApp({ preferences: { hotwords: SCRIPT } })

  test('is found, played, copied and exported', async () => {
    const { page } = tested
    await fillHistory(page, SAID, CHINESE)
    await page.evaluate('navigator.clipboard.writeText("something else")')
    await goTo(page, 'History')

    await page.getByRole('searchbox').fill('boat')
    await page.locator('mark').getByText('boat').waitFor()
    await expect.poll(() => entries(page).count()).toBe(1)
    await page.getByRole('button', { name: 'Play' }).click()
    await page.getByRole('button', { name: 'Pause' }).waitFor()
    const position = page.getByRole('slider', { name: 'Position in the recording' })
    await expect.poll(() => position.inputValue().then(Number)).toBeGreaterThan(300)
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByText('Copied').waitFor()
    await page.getByRole('button', { name: 'Export' }).click()
    const download = page.waitForEvent('download')
    await page.getByRole('dialog').getByRole('button', { name: 'Export' }).click()
    const file = await download

    expect(await clipboard(page)).toBe(SAID)
    expect(file.suggestedFilename()).toMatch(/^sotto-[\d-]+\.txt$/)
    expect(await readFile(await file.path(), 'utf8')).toContain(SAID)
  })

  test('in Chinese is found by one character of it, or some', async () => {
    const { page } = tested
    await fillHistory(page, SAID, CHINESE)
    await goTo(page, 'History')

    for (const part of ['船', '安娜', '打电话']) {
      await page.getByRole('searchbox').fill(part)
      await page.locator('mark').getByText(part, { exact: true }).waitFor()
      await expectEntries(page, CHINESE)
    }
  })

  test('that nobody wrote is not found, and the search is cleared by a button', async () => {
    const { page } = tested
    await fillHistory(page, SAID, CHINESE)
    await goTo(page, 'History')

    await page.getByRole('searchbox').fill('boathouse')
    await page.getByText('Nothing found').waitFor()
    await page.getByRole('button', { name: 'Clear the search' }).click()

    await expectEntries(page, SAID, CHINESE)
  })

  test('is deleted, and comes back when that is undone', async () => {
    const { page } = tested
    await fillHistory(page, SAID)
    await goTo(page, 'History')

    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByText('1 entry deleted').waitFor()
    const left = await entries(page).count()
    await page.getByRole('button', { name: 'Undo' }).click()

    await expectEntries(page, SAID)
    expect(left).toBe(0)
  })

  test('is corrected by a person, and the text before is kept', async () => {
    const { page } = tested
    await fillHistory(page, SAID)
    await goTo(page, 'History')

    await page.locator('.entry-open').click()
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByRole('textbox', { name: 'Text of this entry' }).fill('Call Anna.')
    await page.getByRole('button', { name: 'Save' }).click()

    await expectEntries(page, 'Call Anna.')
    await page.getByText(/earlier text/).click()
    await page.locator('.versions').getByText(SAID).first().waitFor()
  })
})
