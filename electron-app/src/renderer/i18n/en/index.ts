import { app } from './app'
import { errors } from './errors'
import { history } from './history'
import { models } from './models'
import { recording } from './recording'
import { settings } from './settings'
import { welcome } from './welcome'

export const en = {
  ...app,
  ...errors,
  ...history,
  ...models,
  ...recording,
  ...settings,
  ...welcome,
} as const
