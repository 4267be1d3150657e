// Microphones that are refused, absent, pulled out or dead: each is told, and nothing is lost.

import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { zeros } from './sound'
import {
  fillHistory,
  goTo,
  hears,
  kept,
  phase,
  SAID,
  SCRIPT,
  shownText,
  start,
  startButton,
  stop,
  stopButton,
} from './steps'
import { expectEntries, inBrowser, useApp } from './testing'

/** The browser's devices as a person has them in hand. In the page. */
interface Devices {
  unplug(): void
  plugIn(): void
}
declare const window: { readonly devices: Devices }
declare const navigator: {
  readonly mediaDevices?: {
    getUserMedia(constraints: unknown): Promise<{ getAudioTracks(): readonly Track[] }>
    dispatchEvent(event: Event): boolean
  }
}
interface Track {
  stop(): void
  dispatchEvent(event: Event): boolean
}

/** Stands at the border to the browser: Chromium's fake device cannot be unplugged. */
function holdDevices(): void {
  const { mediaDevices } = navigator
  if (!mediaDevices) return // the blank page before the app's
  const open = mediaDevices.getUserMedia.bind(mediaDevices)
  let tracks: readonly Track[] = []
  let isPlugged = true
  mediaDevices.getUserMedia = async (constraints) => {
    if (!isPlugged) throw new DOMException('Requested device not found', 'NotFoundError')
    const stream = await open(constraints)
    tracks = stream.getAudioTracks()
    return stream
  }
  const devices: Devices = {
    unplug() {
      isPlugged = false
      for (const track of tracks) {
        track.stop()
        track.dispatchEvent(new Event('ended'))
      }
      mediaDevices.dispatchEvent(new Event('devicechange'))
    },
    plugIn() {
      isPlugged = true
      mediaDevices.dispatchEvent(new Event('devicechange'))
    },
  }
  Object.assign(window, { devices })
}

const unplug = (page: Page) => page.evaluate(() => window.devices.unplug())
const plugIn = (page: Page) => page.evaluate(() => window.devices.plugIn())
const card = (page: Page) => page.getByRole('alert')

inBrowser('a microphone', () => {
  const tested = useApp({ preferences: { hotwords: SCRIPT }, initScript: holdDevices })

  test('that is pulled while one speaks is told, and the recording goes on with the next', async () => {
    const { page } = tested

    await start(page)
    await hears(page, 'Please')
    await unplug(page)
    await page.getByText('The microphone was disconnected. What you said is kept.').waitFor()
    await plugIn(page)
    await page.getByText(/Recording goes on with/).waitFor()
    await hears(page, SAID)
    await stop(page)

    // The fake device begins its sentence again each time that it is opened.
    expect(await shownText(page)).toContain(SAID)
  })

  test('that is pulled for good leaves what was said until then', async () => {
    const { page } = tested
    await fillHistory(page)

    await start(page)
    await hears(page, SAID)
    await unplug(page)
    await page.getByText('The microphone was disconnected. What you said is kept.').waitFor()
    await stop(page)
    await goTo(page, 'History')

    await expectEntries(page, SAID)
    await plugIn(page)
  })

  test('that is not there is told, and tried again when it is', async () => {
    const { page } = tested
    await unplug(page)

    await startButton(page).click()
    await card(page).getByText('No microphone was found').waitFor()
    const left = await kept(page)
    await plugIn(page)
    await card(page).getByRole('button', { name: 'Try again' }).click()
    await hears(page, SAID)
    await stop(page)

    expect(left.recordings).toBe(0)
    expect(await shownText(page)).toBe(SAID)
  })

  test('that the browser refuses is told with what to do', async () => {
    const { app, page } = tested
    await app.context.clearPermissions()

    await startButton(page).click()
    await card(page).getByText('The microphone is not allowed').waitFor()
    const advice = await card(page).textContent()
    await app.allow()
    await card(page).getByRole('button', { name: 'Try again' }).click()
    await hears(page, SAID)
    await stop(page)

    expect(advice).toContain('Allow it for Sotto')
    expect(await shownText(page)).toBe(SAID)
  })
})

inBrowser('a microphone that gives nothing but zeros', () => {
  const tested = useApp({ sound: zeros(10) })

  test('is told of, and in the end that nothing was heard', async () => {
    const { page } = tested

    await startButton(page).click()
    await stopButton(page).waitFor()
    await page.getByText('The microphone gives no sound.', { exact: false }).first().waitFor()
    await stopButton(page).click()

    await phase(page)
      .getByText(/Nothing was recorded|No speech was heard/)
      .waitFor()
  })
})
