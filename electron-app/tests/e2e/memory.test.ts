// A page that is recorded in for long does not grow. `make bench NAME=app` does it for five minutes.

import { expect, test } from 'vitest'
import { COUNTING } from './counting'
import { joined, silence, speech } from './sound'
import { recorded, start, stop, usedHeapMb } from './steps'
import { inBrowser, useApp } from './testing'

/** Of them waveform, live text and audio would soon be more, if they were kept. */
const MOST_MB = 2

inBrowser('the page', () => {
  const tested = useApp({
    sound: joined(speech(), silence(1.3)),
    preferences: { hotwords: COUNTING },
  })

  test('holds no more after thirty seconds of speech than after ten', async () => {
    const { page } = tested
    await start(page)
    await recorded(page, 10)
    const before = await usedHeapMb(page)

    await recorded(page, 30)
    const after = await usedHeapMb(page)
    await stop(page)

    expect(after - before).toBeLessThan(MOST_MB)
  })
})
