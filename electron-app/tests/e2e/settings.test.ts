// What a person chooses: it holds at once, in all tabs, and after restarts.

import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import {
  dictate,
  finished,
  goTo,
  hears,
  kept,
  SCRIPT,
  start,
  startButton,
  stop,
  stopButton,
} from './steps'
import { inBrowser, useApp } from './testing'

const section = async (page: Page, name: string) => {
  await goTo(page, 'Settings')
  await page.getByRole('link', { name, exact: true }).click()
}
const background = (page: Page) =>
  page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor')

inBrowser('a choice', () => {
  const tested = useApp({ preferences: { hotwords: SCRIPT } })

  test('of colours and language shows at once, in every tab, and after a reload', async () => {
    const { app, page } = tested
    const other = await app.open('#/history')
    await other.getByRole('heading', { name: 'History' }).waitFor()
    await section(page, 'Appearance')
    await page.getByLabel('Colours').selectOption('light')
    const light = await background(page)

    await page.getByLabel('Colours').selectOption('dark')
    await page.getByLabel('Language of the app').selectOption('zh')
    await page.getByRole('heading', { level: 1, name: '设置' }).waitFor()
    await other.getByRole('heading', { level: 1, name: '历史' }).waitFor()
    const [dark, otherDark] = [await background(page), await background(other)]
    await page.reload()
    await page.getByRole('heading', { level: 1, name: '设置' }).waitFor()
    const reloaded = await background(page)
    await app.set(page, { theme: 'light', ui_language: 'en' })
    await other.getByRole('heading', { level: 1, name: 'History' }).waitFor()

    expect(dark).not.toBe(light)
    expect([otherDark, reloaded]).toEqual([dark, dark])
    await expect.poll(() => background(other)).toBe(light)
  })

  test('that is not possible is refused, and what was there stays', async () => {
    const { page } = tested
    await section(page, 'Text cleaning')

    const address = page.getByLabel('Address of the service')
    await address.fill('http://example.com/v1')
    await page.keyboard.press('Enter')
    await page.getByText('This is not an https address, nor one of this machine.').waitFor()
    await page.reload()

    expect(await page.getByLabel('Address of the service').inputValue()).toBe('')
    const refused = await page.evaluate(
      '(async () => { try { await sotto.config.set({ tail_ms: 9999 }) } catch (e) { return e.kind } })()',
    )
    expect(refused).toMatch(/BAD_ARGUMENTS|INVALID_PARAMS/)
  })

  test('of a hotkey holds at once', async () => {
    const { app, page } = tested
    await section(page, 'Recording')

    await page.getByRole('button', { name: 'Hotkey' }).click()
    await page.keyboard.press('Control+Alt+KeyR')
    await expect
      .poll(() => page.getByRole('button', { name: 'Hotkey' }).textContent())
      .toContain('R')
    await goTo(page, 'Record')
    await page.keyboard.press('Control+Alt+KeyR')
    await stopButton(page).waitFor()
    await hears(page, 'Please')
    await page.keyboard.press('Control+Alt+KeyR')
    await finished(page)
    await app.set(page, { hotkey: 'CommandOrControl+Shift+Space' })
  })

  test('of private mode leaves nothing of what is said, wherever one looks', async () => {
    const { page } = tested
    const before = await kept(page)
    await section(page, 'Privacy')
    await page.getByRole('switch', { name: 'Private mode', checked: false }).click()
    await page.getByRole('switch', { name: 'Private mode', checked: true }).waitFor()
    await goTo(page, 'Record')

    await dictate(page)
    const after = await kept(page)
    await start(page)
    await hears(page, 'Please call')
    const meanwhile = await kept(page)
    await stop(page)
    await section(page, 'Privacy')
    await page.getByRole('switch', { name: 'Private mode', checked: true }).click()
    await page.getByRole('switch', { name: 'Private mode', checked: false }).waitFor()

    expect([after, meanwhile]).toEqual([before, before])
  })

  test('holds when the whole app has crashed and is started again', async () => {
    const { app, page } = tested
    await section(page, 'Privacy')
    await page.getByLabel('Keep the audio').selectOption('7')
    await expect
      .poll(() => page.evaluate('sotto.config.get().then((all) => all.keep_audio_days)'))
      .toBe(7)

    await app.host.kill()
    await app.closePages()
    await app.startHost()
    const again = await app.open('#/settings/privacy')

    await expect.poll(() => again.getByLabel('Keep the audio').inputValue()).toBe('7')
  })
})

inBrowser('who comes for the first time', () => {
  const tested = useApp({ preferences: { onboarded: false, hotwords: SCRIPT } })

  test('is welcomed, tests the microphone, and is not welcomed again', async () => {
    const { page } = tested
    await page.getByRole('heading', { name: 'Speak, and have it written' }).waitFor()

    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByRole('button', { name: 'Test the microphone' }).click()
    await page.getByText('You can be heard.').waitFor()
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByText('You can begin with what is built in').waitFor()
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByRole('button', { name: 'Start' }).click()
    await startButton(page).waitFor()
    await expect
      .poll(() => page.evaluate('sotto.config.get().then((all) => all.onboarded)'))
      .toBe(true)
    await page.reload()

    await startButton(page).waitFor()
    expect(await kept(page)).toEqual({ entries: 0, recordings: 0 })
  })
})
