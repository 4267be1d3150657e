// What went wrong, in a card that stays until somebody has done something about it.

import { t } from '../../i18n'
import { goTo } from '../../route'
import { asAppError, useApp } from '../../store'
import { Button } from '../../ui'
import { AlertIcon } from '../../ui/icons'
import { describe } from './describe'
import { type AnyError, type Remedy, remediesOf } from './kinds'
import './errors.css'

interface ErrorCardProps {
  readonly error: AnyError
  /** Does again what failed; without it, trying again is not offered. */
  readonly onRetry?: (() => void) | undefined
  readonly onDismiss?: (() => void) | undefined
}

export function ErrorCard({ error, onRetry, onDismiss }: ErrorCardProps) {
  const { title, cause } = describe(error)
  const possible = remediesOf(error).filter((remedy) => remedy !== 'retry' || onRetry)
  return (
    <div className="error-card" role="alert">
      <AlertIcon />
      <div className="error-text">
        <p className="error-title">{title}</p>
        <p>{cause}</p>
        <p className="row">
          {possible.slice(0, 2).map((remedy) => (
            <RemedyButton key={remedy} remedy={remedy} onRetry={onRetry} />
          ))}
          {onDismiss ? (
            <Button variant="plain" onClick={onDismiss}>
              {t('common.dismiss')}
            </Button>
          ) : null}
        </p>
      </div>
    </div>
  )
}

function RemedyButton({ remedy, onRetry }: { remedy: Remedy; onRetry: (() => void) | undefined }) {
  const restart = useRestart()
  const copyReport = useCopyReport()
  switch (remedy) {
    case 'retry':
      return <Button onClick={onRetry}>{t('common.retry')}</Button>
    case 'restart':
      return <Button onClick={restart}>{t('errors.restart')}</Button>
    case 'models':
      return <Button onClick={() => goTo('models')}>{t('errors.models')}</Button>
    case 'recordings':
      return <Button onClick={() => goTo('history')}>{t('errors.recordings')}</Button>
    case 'report':
      return <Button onClick={copyReport}>{t('errors.report')}</Button>
    case 'microphone':
    case 'hotkey':
      return <Button onClick={() => goTo('settings', 'recording')}>{t('errors.settings')}</Button>
    case 'cleaning':
      return <Button onClick={() => goTo('settings', 'cleaning')}>{t('errors.settings')}</Button>
  }
}

/** Restarts the sidecar; a failure is told like any other. */
export function useRestart(): () => void {
  const { api } = useApp()
  const complain = useComplain()
  return () => void api.sidecar.restart().catch(complain)
}

/** Puts the report for a bug on the clipboard. */
export function useCopyReport(): () => void {
  const { api, toasts } = useApp()
  const complain = useComplain()
  return () =>
    void (async () => {
      const receipt = await api.text.copy(await api.sidecar.report())
      if (receipt.kind === 'failed') throw receipt.error
      toasts.show({ text: t('errors.report-copied') })
    })().catch(complain)
}

/** Tells in passing that something did not work, where nothing is lost by that. */
export function useComplain(): (reason: unknown) => void {
  const { toasts } = useApp()
  return (reason) => {
    const { title, cause } = describe(asAppError(reason))
    toasts.show({ text: `${title}. ${cause}`, tone: 'danger' })
  }
}
