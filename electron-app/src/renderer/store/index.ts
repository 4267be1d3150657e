export {
  type App,
  AppContext,
  makeApp,
  useApp,
  useHost,
  usePreferences,
  useSidecarStatus,
} from './app'
export { asAppError } from './app-error'
export { type Cell, cell, type Readable, useReadable } from './cell'
