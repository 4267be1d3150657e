// Every channel and what serves it: plain functions, whoever carries the calls.

import type { Handlers } from './answer'
import { dictationHandlers } from './handlers/dictation'
import { historyHandlers } from './handlers/history'
import { hostHandlers } from './handlers/host'
import { modelHandlers } from './handlers/models'
import { settingsHandlers } from './handlers/settings'
import type { Services } from './services'

export function makeHandlers(services: Services): Handlers {
  return {
    ...hostHandlers(services),
    ...dictationHandlers(services),
    ...historyHandlers(services),
    ...modelHandlers(services),
    ...settingsHandlers(services),
  }
}
