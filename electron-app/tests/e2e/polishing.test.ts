// A language model cleans the text: what is heard is shown first, and stands where that fails.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Service } from './services'
import {
  clipboard,
  fillHistory,
  finished,
  goTo,
  hears,
  shownText,
  start,
  stop,
  stopButton,
} from './steps'
import { expectEntries, inBrowser, useApp } from './testing'

const HEARD = 'um please call Anna about the boat'
const CLEANED = 'Please call Anna about the boat.'

inBrowser('a dictated text', () => {
  const tested = useApp({
    preferences: { hotwords: [`at:0.3 ${HEARD}`], polish: true, polish_min_chars: 1 },
  })
  let service: Service
  let url: string

  beforeAll(async () => {
    service = new Service('tests.process.llm_service', '--port', '0')
    url = await service.address()
  })
  beforeEach(() => tested.app.set(tested.page, { llm_url: url, llm_model: 'good' }))
  afterAll(() => service?.stop())

  test('is cleaned, and the raw one is a click away and stays in the history', async () => {
    const { page } = tested
    await fillHistory(page)

    await start(page)
    await hears(page, HEARD)
    await stop(page)
    const cleaned = await shownText(page)
    const copied = await clipboard(page)
    await page.getByRole('button', { name: 'Raw text' }).click()
    await expect.poll(() => clipboard(page)).toBe(HEARD)
    await goTo(page, 'History')
    await expectEntries(page, CLEANED)
    await page.locator('.entry-open').click()
    await page.getByText(/earlier text/).click()

    expect([cleaned, copied]).toEqual([CLEANED, CLEANED])
    await page.locator('.versions').getByText(HEARD).waitFor()
  })

  test('stands as it was heard while it is cleaned, and for good if one does not wait', async () => {
    const { app, page } = tested
    await app.set(page, { llm_model: 'trick:slow' })

    await start(page)
    await hears(page, HEARD)
    await stopButton(page).click()
    await page.getByText('Cleaning the text').first().waitFor()
    const meanwhile = await shownText(page)
    await page.getByRole('button', { name: 'Use the raw text now' }).click()
    await finished(page)

    expect(meanwhile).toBe(HEARD)
    expect(await shownText(page)).toBe(HEARD)
    expect(await clipboard(page)).toBe(HEARD)
  })

  test.each(['trick:answers', 'trick:refuses-key', 'trick:unknown-model'])(
    'stands as it was heard where the model does %s, and that is told',
    async (model) => {
      const { app, page } = tested
      await app.set(page, { llm_model: model })

      await start(page)
      await hears(page, HEARD)
      await stop(page)

      expect(await shownText(page)).toBe(HEARD)
      await page.getByText('The text could not be cleaned. It is shown as it was heard.').waitFor()
      expect(await clipboard(page)).toBe(HEARD)
    },
  )

  test('shows in the settings whether address and model work', async () => {
    const { page } = tested
    await goTo(page, 'Settings')
    await page.getByRole('link', { name: 'Text cleaning' }).click()

    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await page.getByText('It works. The answer was:').waitFor()
    await page.getByRole('textbox', { name: 'Model' }).fill('trick:refuses-key')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Test', exact: true }).click()

    await page.getByRole('alert').getByText('The language model did not accept the key').waitFor()
  })
})
