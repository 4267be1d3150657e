import { t } from '../../i18n'
import { useApp, useReadable } from '../../store'
import { EmptyState } from '../../ui'
import { ErrorCard } from '../errors'
import { ImportButton } from './import-button'
import { ModelList } from './model-list'
import { TaskView } from './task-view'
import './models.css'

export function ModelsPage() {
  const { models: store } = useApp()
  const { models, error, tasks } = useReadable(store)
  const imports = [...tasks].filter(([, task]) => task.kind === 'import')
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('models.title')}</h1>
        <ImportButton />
      </div>
      <p className="muted">{t('models.intro')}</p>
      {error ? <ErrorCard error={error} onRetry={() => void store.load()} /> : null}
      {imports.map(([path, task]) => (
        <div key={path} className="card">
          <h2 className="model-path">{t('models.import-running', { path })}</h2>
          <TaskView
            task={task}
            onStop={() => void store.stop(path)}
            onRetry={() => void store.importFrom(path)}
            onDismiss={() => store.forget(path)}
          />
        </div>
      ))}
      <ModelList />
      {models?.length === 0 ? (
        <EmptyState title={t('models.empty.title')} text={t('models.empty.text')} />
      ) : null}
    </div>
  )
}
