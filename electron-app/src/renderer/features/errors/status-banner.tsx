// Tells when the sidecar is not as it should be. Recording works all the while.

import { useEffect, useState } from 'react'
import type { SidecarStatus } from '../../../shared/ipc'
import { t } from '../../i18n'
import { useSidecarStatus } from '../../store'
import { Button } from '../../ui'
import { describe } from './describe'
import { useCopyReport, useRestart } from './error-card'
import './errors.css'

/** A start is usually over before it is worth a word. */
const PATIENCE_MS = 1500

export function StatusBanner() {
  const status = useSidecarStatus()
  const text = sentence(status)
  const isPatient = usePatience(status.state)
  const restart = useRestart()
  const copyReport = useCopyReport()
  const isShown = text !== null && !isPatient
  return (
    <div role="status">
      {isShown ? (
        <div className={`banner banner-${status.state}`}>
          <span>{text}</span>
          {(status.state === 'failed' && !isRefused(status)) || status.state === 'stopped' ? (
            <Button onClick={restart}>{t('common.retry')}</Button>
          ) : null}
          {status.state === 'failed' && !isRefused(status) ? (
            <Button variant="plain" onClick={copyReport}>
              {t('errors.report')}
            </Button>
          ) : null}
        </div>
      ) : null}
    </div>
  )
}

/** The host does not know this page: nothing that it could ask for would be done. */
function isRefused(status: SidecarStatus): boolean {
  return status.state === 'failed' && status.error.kind === 'UNAUTHORIZED'
}

function sentence(status: SidecarStatus): string | null {
  switch (status.state) {
    case 'ready':
    case 'stopping':
      return null
    case 'starting':
      return t('status.starting')
    case 'unresponsive':
      return t('status.unresponsive')
    case 'stopped':
      return t('status.stopped')
    case 'restarting':
      return t('status.restarting', { attempt: status.attempt })
    case 'failed': {
      const { title, cause } = describe(status.error)
      return isRefused(status) ? `${title}. ${cause}` : `${t('status.failed')} ${cause}`
    }
  }
}

/** Whether a start is still too fresh to be told of. */
function usePatience(state: SidecarStatus['state']): boolean {
  const [isPatient, setPatient] = useState(true)
  useEffect(() => {
    setPatient(state === 'starting')
    if (state !== 'starting') return
    const timer = setTimeout(() => setPatient(false), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [state])
  return isPatient
}
