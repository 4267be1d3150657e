// What a person chooses, and trying whether it works.

import type { Preferences, PreferencesPatch } from '../../../shared/protocol'
import type { Handlers } from '../answer'
import { ask, type Services } from '../services'

type Channel = Extract<
  keyof Handlers,
  | `config:${string}`
  | `secrets:${string}`
  | `llm:${string}`
  | `hotkey:${string}`
  | `private:${string}`
>

/** Says something of which a polish keeps the words and loses the fillers. */
const SAMPLE = 'um so this is uh a short test of the the connection'

export function settingsHandlers(services: Services): Pick<Handlers, Channel> {
  const { preferences, secrets, hotkeys, privateMode } = services
  return {
    'config:get': () => preferences.get(),
    'config:set': (changes) => choose(services, changes),
    'secrets:has-key': () => secrets.hasKey(),
    'secrets:set-key': (key) => secrets.setKey(key),
    'llm:try': async (url, model) => {
      const key = await secrets.key()
      const params = { text: SAMPLE, url, model, ...(key !== null && { key }) }
      return (await ask(services, 'llm.optimize', params)).text
    },
    'hotkey:try': (accelerator) => hotkeys.isFree(accelerator),
    'hotkey:pause': (paused) => {
      if (paused) hotkeys.pause()
      else hotkeys.resume()
      return undefined
    },
    'hotkey:works': () => hotkeys.works,
    'private:get': () => privateMode.isOn,
    'private:set': (on) => {
      privateMode.set(on)
      return undefined
    },
  }
}

/** A hotkey that cannot be had is not kept, and one that is not kept is not used. */
async function choose(
  { preferences, hotkeys }: Services,
  changes: PreferencesPatch,
): Promise<Preferences> {
  if (changes.hotkey === undefined) return preferences.set(changes)
  const before = await preferences.get()
  hotkeys.use(changes.hotkey)
  try {
    return await preferences.set(changes)
  } catch (error) {
    hotkeys.follow(before.hotkey)
    throw error
  }
}
