// Renders the icons' SVG sources to the PNG files beside them, with Chromium:
//
//   node icons/render.mjs [CHROMIUM]
//
// electron-builder makes .icns and .ico of icon.png. Trays need small files of both kinds:
// macOS colours templates itself; elsewhere the panel may be light or dark, so those colours
// are readable on both.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const HERE = import.meta.dirname
const COLOURS = { idle: '#159289', recording: '#e5483f', busy: '#c98a0a', error: '#e5483f' }

const browser = await chromium.launch({
  executablePath: process.argv[2] ?? '/usr/bin/chromium',
  args: ['--no-sandbox'], // only our own files are shown
})
const page = await browser.newPage()

async function render(source, target, size, colour = '#000') {
  const svg = await readFile(join(HERE, source), 'utf8')
  await page.setViewportSize({ width: size, height: size })
  await page.setContent(`<body style="margin:0;color:${colour}">${svg}</body>`)
  await page.addStyleTag({ content: `svg { display: block; width: ${size}px; height: ${size}px }` })
  await writeFile(join(HERE, target), await page.screenshot({ omitBackground: true }))
}

await render('icon.svg', 'icon.png', 1024)
for (const [state, colour] of Object.entries(COLOURS)) {
  const source = `tray/${state}.svg`
  await render(source, `tray/${state}.png`, 16, colour)
  await render(source, `tray/${state}@2x.png`, 32, colour)
  await render(source, `tray/${state}Template.png`, 16)
  await render(source, `tray/${state}Template@2x.png`, 32)
}
await browser.close()
