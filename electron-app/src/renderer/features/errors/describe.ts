import { t } from '../../i18n'
import { type AnyError, REMEDIES } from './kinds'

export interface Description {
  readonly title: string
  readonly cause: string
}

/** What happened and what to do, in the language of the app. */
export function describe({ kind, message, retryable }: AnyError): Description {
  // A newer sidecar may have kinds that this app does not know: its own words are all there is.
  if (!Object.hasOwn(REMEDIES, kind)) {
    const rest = t(retryable ? 'errors.unknown.later' : 'errors.unknown.never')
    return { title: t('errors.unknown.title'), cause: `${message} ${rest}` }
  }
  return { title: t(`error.${kind}.title`), cause: t(`error.${kind}.cause`) }
}
