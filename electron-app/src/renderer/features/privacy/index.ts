export { type PrivateMode, usePrivateMode } from './use-private-mode'
