import { expect, test } from 'vitest'
import type { DictationId } from '../../shared/ipc'
import type { Handlers } from './answer'
import { Caller } from './caller'
import { makeHandlers } from './handlers'
import type { Services } from './services'

/** A page, and what its host was asked to do with dictations and hotkeys. */
function page() {
  const asked: string[] = []
  let last = 0
  const handlers: Handlers = {
    ...makeHandlers({} as Services),
    'dictation:open': () => {
      last += 1
      return last
    },
    'dictation:stop': () => undefined,
    'dictation:cancel': (dictation, keep) => {
      asked.push(`cancel ${dictation}${keep ? ', keep' : ''}`)
      return undefined
    },
    'hotkey:pause': (paused) => {
      asked.push(paused ? 'pause' : 'resume')
      return undefined
    },
  }
  const caller = new Caller({ handlers, pushAudio: () => {}, unexpected: () => {} })
  const open = async () => {
    const envelope = await caller.call('dictation:open', [{ isPrivate: false }])
    return ('ok' in envelope ? envelope.ok : -1) as DictationId
  }
  return { caller, asked, open }
}

test('what a page that is gone was saying is kept, and nothing that it had ended', async () => {
  const { caller, asked, open } = page()
  await caller.call('dictation:stop', [await open()])
  await open()

  caller.gone()

  expect(asked).toEqual(['cancel 2, keep'])
})

test('a dictation that a page began as it went is kept, too', async () => {
  const { caller, asked, open } = page()
  const opening = open()

  caller.gone()
  await opening

  expect(asked).toEqual(['cancel 1, keep'])
})

test('a page that goes while it records a new hotkey gives the old one back', async () => {
  const { caller, asked } = page()
  await caller.call('hotkey:pause', [true])

  caller.gone()

  expect(asked).toEqual(['pause', 'resume'])
})

test('a page that did not pause the hotkey does not resume it', async () => {
  const { caller, asked } = page()
  await caller.call('hotkey:pause', [true])
  await caller.call('hotkey:pause', [false])

  caller.gone()

  expect(asked).toEqual(['pause', 'resume'])
})
