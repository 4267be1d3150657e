// Takes the pictures of the README: `node tests/run.mjs e2e/pictures.ts FOLDER`.
//
// All of it is the real app. The voice is that of the demo clip, recognised by the built-in
// engine; what it had misheard was corrected in the history, as a person would.

import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { App } from './app'
import { CHECKOUT } from './checkout'
import { clip, joined, silence } from './sound'
import { fillHistory, goTo, hears, recorded, start, stop, until } from './steps'
import { SURFACES, show } from './surfaces'

const THEMES = ['light', 'dark'] as const
const DEMO = join(CHECKOUT, 'sidecar', 'cli', 'data')
const TEXTS = [
  readFileSync(join(DEMO, 'demo.txt'), 'utf8').replaceAll('\n', ' ').trim(),
  '明天下午三点，请提醒我给安娜打电话，谈谈船的事。',
  'Please read the list from David, and write my report for Clara by Friday.',
]
const SURFACE_NAMES = ['history', 'models', 'settings-recording']

/** In the page: what is said would wait for it. */
const READY = 'sotto.engines.list().then(({ engines }) => engines[0].state === "ready")'

export async function main(folder = join(CHECKOUT, 'docs', 'images')): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const voice = clip(join(DEMO, 'demo.flac'))
  const app = new App({ engine: 'builtin', sound: joined(silence(0.3), voice, silence(30)) })
  try {
    await app.start()
    app.context.setDefaultTimeout(120_000)
    const page = await app.open()
    await page.setViewportSize({ width: 860, height: 560 })
    await until(page, READY)
    await fillHistory(page, ...TEXTS.slice(1))
    await start(page)
    await recorded(page, 14)
    await stop(page)
    await fillHistory(page, ...TEXTS)
    for (const theme of THEMES) {
      await app.set(page, { theme })
      await page.locator(`html[data-theme="${theme}"]`).waitFor()
      await whileSpeaking(page, join(folder, `app-record-${theme}.png`))
      await surfaces(page, folder, theme)
      await pill(app, join(folder, `app-pill-${theme}.png`))
    }
  } finally {
    await app.stop()
  }
}

async function whileSpeaking(page: Page, path: string): Promise<void> {
  await goTo(page, 'Record')
  await start(page)
  await hears(page, /(\w+\W+){6}/)
  await page.screenshot({ path })
  await page.keyboard.press('Escape')
}

async function surfaces(page: Page, folder: string, theme: string): Promise<void> {
  for (const surface of SURFACES.filter(({ name }) => SURFACE_NAMES.includes(name))) {
    await show(page, surface)
    if (surface.name === 'history') await page.locator('.entry-open').first().click()
    await page.mouse.move(0, 0)
    const name = surface.name.replace('-recording', '')
    await page.screenshot({ path: join(folder, `app-${name}-${theme}.png`) })
    if (surface.name === 'history') await page.locator('.entry-open').first().click()
  }
}

async function pill(app: App, path: string): Promise<void> {
  const page = await app.open('?surface=pill')
  await page.setViewportSize({ width: 380, height: 80 })
  await start(page)
  await recorded(page, 2)
  await page.screenshot({ path })
  await page.getByRole('button', { name: 'Discard the recording' }).click()
  await page.close()
}
