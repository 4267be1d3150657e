// Dictations, and what is done with text.

import type { Handlers } from '../answer'
import type { Services } from '../services'

type Channel = Extract<keyof Handlers, `dictation:${string}` | `text:${string}`>

export function dictationHandlers(services: Services): Pick<Handlers, Channel> {
  const { dictations, inserter, preferences, privateMode } = services
  return {
    'dictation:open': ({ isPrivate }) =>
      dictations.open({ isPrivate: isPrivate || privateMode.isOn }),
    'dictation:stop': (dictation) => {
      dictations.stop(dictation)
      return undefined
    },
    'dictation:cancel': (dictation, keep) => {
      dictations.cancel(dictation, keep)
      return undefined
    },
    'dictation:skip-polish': (dictation) => {
      dictations.skipPolish(dictation)
      return undefined
    },
    'text:insert': async (text) => inserter.insert(text, await preferences.get()),
    'text:copy': (text) => inserter.copy(text),
  }
}
