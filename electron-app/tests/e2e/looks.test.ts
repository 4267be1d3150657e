// Whether the main surfaces still look as they did when somebody last looked at them.
//
// Fonts and their smoothing differ between machines, so small pictures are compared: what has moved,
// vanished or changed its colour is found, a thinner letter is not. New pictures are made by
// SOTTO_NEW_LOOKS=1; look at them before they are committed.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeEach, expect, test } from 'vitest'
import { fillHistory, SAID, SCRIPT } from './steps'
import { SURFACES, show } from './surfaces'
import { inBrowser, useApp } from './testing'

const FOLDER = join(import.meta.dirname, 'looks')
const NAMES = ['record', 'history', 'settings-recording', 'settings-privacy', 'welcome']
/** Mean difference of a pixel's colours, of 255, in the tile of 100 x 80 that differs most. The same
 * build makes 0.8, a title that vanished 16. */
const MOST = 6

/** Runs in a blank page: it has the canvas that reads pictures. */
const DIFFERENCE = `async ([ours, theirs]) => {
  const pixels = async (png) => {
    const picture = await createImageBitmap(await (await fetch('data:image/png;base64,' + png)).blob())
    const canvas = new OffscreenCanvas(250, 180)
    const context = canvas.getContext('2d')
    context.imageSmoothingQuality = 'high'
    context.drawImage(picture, 0, 0, canvas.width, canvas.height)
    return context.getImageData(0, 0, canvas.width, canvas.height).data
  }
  const [a, b] = [await pixels(ours), await pixels(theirs)]
  const tiles = new Float64Array(90)
  a.forEach((value, at) => {
    const [x, y] = [(at >> 2) % 250, Math.floor((at >> 2) / 250)]
    tiles[10 * Math.floor(y / 20) + Math.floor(x / 25)] += Math.abs(value - b[at])
  })
  return Math.max(...tiles) / (25 * 20 * 3)
}`

async function difference(blank: Page, ours: Buffer, theirs: Buffer): Promise<number> {
  const pngs = JSON.stringify([ours.toString('base64'), theirs.toString('base64')])
  return blank.evaluate<number>(`(${DIFFERENCE})(${pngs})`)
}

inBrowser('the app', () => {
  const tested = useApp({ preferences: { hotwords: SCRIPT } })
  beforeEach(async () => {
    await fillHistory(tested.page, SAID, '明天请给安娜打电话，说船的事。')
    await tested.page.emulateMedia({ reducedMotion: 'reduce' })
    await tested.page.reload() // nothing is left of a dictation
  })

  test.each(['light', 'dark'] as const)('looks as it did in %s', async (theme) => {
    const { app, page } = tested
    const blank = await app.context.newPage()
    await app.set(page, { theme })
    await page.locator(`html[data-theme="${theme}"]`).waitFor()

    const changed: string[] = []
    for (const surface of SURFACES.filter(({ name }) => NAMES.includes(name))) {
      await show(page, surface)
      const path = join(FOLDER, `${surface.name}-${theme}.png`)
      const picture = await page.screenshot({ caret: 'hide', scale: 'css' })
      if (process.env['SOTTO_NEW_LOOKS'] !== undefined) {
        mkdirSync(FOLDER, { recursive: true })
        writeFileSync(path, picture)
      }
      const by = await difference(blank, picture, readFileSync(path))
      if (by > MOST) changed.push(`${surface.name}: ${by.toFixed(1)}`)
    }

    expect(changed).toEqual([])
  })
})
