import { useEffect } from 'react'
import { t } from '../../i18n'
import { useApp, useReadable, useSidecarStatus } from '../../store'
import { EmptyState } from '../../ui'
import { ErrorCard } from '../errors'
import { BuiltinCard } from './builtin-card'
import { ImportButton } from './import-button'
import { ModelCard } from './model-card'
import { TaskView } from './task-view'
import './models.css'

export function ModelsPage() {
  const { models: store, engines } = useApp()
  const { models, error, tasks, speeds } = useReadable(store)
  const status = useReadable(engines)
  const { state } = useSidecarStatus()
  useEffect(() => {
    if (state === 'ready') void store.load()
  }, [store, state])

  const known = models?.map((model) => model.model) ?? []
  const others = (status?.engines ?? []).filter(({ id }) => !known.includes(id))
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
      <ul className="model-list">
        {models?.map((model) => (
          <li key={model.model}>
            <ModelCard model={model} task={tasks.get(model.model)} rtf={speeds[model.model]} />
          </li>
        ))}
        {models === null
          ? null
          : others.map((engine) => (
              <li key={engine.id}>
                <BuiltinCard engine={engine} rtf={speeds[engine.id]} />
              </li>
            ))}
      </ul>
      {models?.length === 0 ? (
        <EmptyState title={t('models.empty.title')} text={t('models.empty.text')} />
      ) : null}
    </div>
  )
}
