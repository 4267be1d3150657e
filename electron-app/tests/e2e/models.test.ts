// A model comes from a hub of this machine, is used to dictate, and goes.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKOUT } from './checkout'
import { Service } from './services'
import { clip, joined, silence } from './sound'
import { dictate, entries, goTo, shownText } from './steps'
import { inBrowser, useApp } from './testing'

/** So small that it knows a few words only. */
const MODEL = join(CHECKOUT, 'tests', 'data', 'tiny-qwen3-asr')
const SPOKEN = join(CHECKOUT, 'tests', 'data', 'tiny-speech', 'espeak-07.ogg')
const WORDS = /tell anna about the report/i

const catalogue = (hub: string) => `
[[models]]
id = "tiny-asr"
name = "Tiny ASR"
family = "qwen3-asr"
languages = ["en", "de"]
streaming = true
licence = "Apache-2.0"
installed_bytes = 4_000_000
ram_bytes = 500_000_000
repo = "owner/model"
sources = ["hf+${hub}"]
`
const card = (page: Page) => page.getByRole('article').filter({ hasText: 'Tiny ASR' })
const press = (page: Page, name: string) =>
  card(page).getByRole('button', { name, exact: true }).click()

inBrowser('a model', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-hub-'))
  const listed = join(folder, 'models.toml')
  let hub: Service
  beforeAll(async () => {
    hub = new Service('tests.process.model_hub', MODEL)
    writeFileSync(listed, catalogue(await hub.address()))
  })
  afterAll(async () => {
    await hub?.stop()
    rmSync(folder, { recursive: true })
  })
  const tested = useApp({
    engine: 'builtin',
    env: { SOTTO_MODEL_CATALOGUE: listed },
    sound: joined(silence(0.5), clip(SPOKEN), silence(240)),
  })

  test('is downloaded, paused, resumed, verified and used, and makes room again', async () => {
    const { page } = tested
    hub.say('model.safetensors 1000000')
    await goTo(page, 'Models')

    await press(page, 'Install')
    await card(page).getByText('Downloading').waitFor()
    await card(page)
      .getByText(/[1-9][\d.]*\s[kM]B of/)
      .waitFor()
    await press(page, 'Pause')
    await card(page)
      .getByText(/are here\./)
      .waitFor()
    await press(page, 'Resume')
    await card(page).getByRole('button', { name: 'Use for dictation' }).waitFor({ timeout: 60_000 })
    await press(page, 'Verify')
    await card(page).getByText('All files are whole.').waitFor()
    await press(page, 'Use for dictation')
    await card(page).getByText('In use').waitFor()
    await goTo(page, 'Record')
    await dictate(page, WORDS)
    const said = await shownText(page)
    await goTo(page, 'History')
    const made = await entries(page).locator('.entry-engine').textContent()
    await goTo(page, 'Models')
    const speed = await card(page).getByText('real time here').textContent()
    await press(page, 'Delete')
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await card(page).getByRole('button', { name: 'Install' }).waitFor()

    expect(said).toMatch(WORDS)
    expect(made).toBe('tiny-asr')
    expect(speed).toMatch(/^[\d.]+× real time here$/)
  })

  test('that cannot be had is told, with another try', async () => {
    const { page } = tested
    await goTo(page, 'Models')

    await page.getByRole('button', { name: 'Import a folder' }).click()
    await page.getByRole('textbox').fill(join(folder, 'nothing'))
    await page.getByRole('dialog').getByRole('button', { name: 'Import a folder' }).click()

    await page.getByRole('alert').waitFor()
  })
})
