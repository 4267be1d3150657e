export { describe } from './describe'
export { ErrorCard, useComplain, useCopyReport, useRestart } from './error-card'
export type { AnyError, AnyErrorKind } from './kinds'
export { StatusBanner } from './status-banner'
