import { useState } from 'react'
import type { AppError } from '../../../shared/ipc'
import { t } from '../../i18n'
import { asAppError, useApp } from '../../store'
import { Button } from '../../ui'
import { ErrorCard } from '../errors'

type Outcome =
  | { readonly kind: 'running' }
  | { readonly kind: 'answer'; readonly text: string }
  | { readonly kind: 'failure'; readonly error: AppError }

interface PolishTestProps {
  readonly url: string
  readonly model: string
}

/** Cleans a sentence, so that a person sees at once whether all of it works. */
export function PolishTest({ url, model }: PolishTestProps) {
  const { api } = useApp()
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  const isRunning = outcome?.kind === 'running'
  const run = async () => {
    setOutcome({ kind: 'running' })
    try {
      setOutcome({ kind: 'answer', text: await api.llm.try(url, model) })
    } catch (reason) {
      setOutcome({ kind: 'failure', error: asAppError(reason) })
    }
  }
  return (
    <div className="polish-test">
      <div className="row">
        <Button disabled={isRunning || url === '' || model === ''} onClick={() => void run()}>
          {t(isRunning ? 'settings.test-running' : 'settings.test')}
        </Button>
        <p className="field-hint">{t('settings.test-hint')}</p>
      </div>
      <div role="status">
        {outcome?.kind === 'answer' ? (
          <>
            <p className="test-ok">{t('settings.test-ok')}</p>
            <blockquote>{outcome.text}</blockquote>
          </>
        ) : null}
      </div>
      {outcome?.kind === 'failure' ? (
        <ErrorCard error={outcome.error} onRetry={() => void run()} />
      ) : null}
    </div>
  )
}
