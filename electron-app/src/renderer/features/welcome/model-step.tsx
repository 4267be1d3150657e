import { t } from '../../i18n'
import { useApp, useReadable } from '../../store'
import { ErrorCard } from '../errors'
import { ModelList } from '../models'

export function ModelStep() {
  const { models: store } = useApp()
  const { models, error } = useReadable(store)
  return (
    <>
      <p>{t('welcome.model.text')}</p>
      {error ? <ErrorCard error={error} onRetry={() => void store.load()} /> : null}
      {models === null && !error ? <p className="muted">{t('welcome.model.waiting')}</p> : null}
      <ModelList />
    </>
  )
}
