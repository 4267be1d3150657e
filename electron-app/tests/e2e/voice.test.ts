// A person's voice through the microphone, heard by the engine that comes with Sotto.

import { expect, test } from 'vitest'
import { realSpeech } from './sound'
import { goTo, hears, recorded, shownText, start, stop } from './steps'
import { expectEntries, inBrowser, useApp } from './testing'

const SPOKEN = 11 // seconds
const WORDS = 'ask not what your country can do for you'.split(' ')

const voice = realSpeech('en_jfk.wav')
if (voice === null) console.warn('No real voice: set SOTTO_SPEECH to a folder that has en_jfk.wav.')

inBrowser('a voice', () => {
  const tested = useApp({ engine: 'builtin', ...(voice !== null && { sound: voice }) })

  test.skipIf(voice === null)(
    'becomes live text, most of its words, and an entry of the history',
    async () => {
      const { page } = tested

      await start(page)
      await hears(page, /\S/)
      await recorded(page, SPOKEN)
      await stop(page)
      const text = await shownText(page)
      await goTo(page, 'History')

      const heard = WORDS.filter((word) => text.split(' ').includes(word))
      expect(heard.length).toBeGreaterThanOrEqual(WORDS.length / 2)
      await expectEntries(page, text)
    },
  )
})
