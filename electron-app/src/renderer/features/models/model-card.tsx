import { useState } from 'react'
import type { ModelInfo } from '../../../shared/protocol'
import { formatBytes, t } from '../../i18n'
import { useApp } from '../../store'
import type { ModelTask } from '../../store/models'
import { Button, Confirm } from '../../ui'
import { Facts, Languages, Speed } from './facts'
import { InstallButton } from './install-button'
import { TaskView } from './task-view'
import { UseEngineButton } from './use-engine-button'

interface ModelCardProps {
  readonly model: ModelInfo
  readonly task: ModelTask | undefined
  readonly rtf: number | undefined
}

export function ModelCard({ model, task, rtf }: ModelCardProps) {
  const { models } = useApp()
  const [isCancelling, setCancelling] = useState(false)
  const isRunning = task?.state === 'running' || task?.state === 'stopping'
  return (
    <article className="card">
      <div className="model-head">
        <h2>{model.name}</h2>
        {model.streaming ? (
          <span className="tag tag-accent" title={t('models.streaming-hint')}>
            {t('models.streaming')}
          </span>
        ) : null}
        <Speed rtf={rtf} />
      </div>
      <Languages tags={model.languages} none={t('models.languages-unknown')} />
      <Facts facts={factsOf(model)} />
      {isRunning ? null : <StateNote model={model} />}
      {task ? (
        <TaskView
          task={task}
          onStop={() => void models.stop(model.model)}
          onCancel={() => setCancelling(true)}
          onRetry={() => again(models, model.model, task)}
          onDismiss={() => models.forget(model.model)}
        />
      ) : null}
      {isRunning ? null : <ModelActions model={model} />}
      {isCancelling ? (
        <Confirm
          title={t('models.discard-title', { name: model.name })}
          text={t('models.cancel-text')}
          confirm={t('models.discard')}
          onConfirm={() => void models.cancel(model.model)}
          onClose={() => setCancelling(false)}
        />
      ) : null}
    </article>
  )
}

function factsOf(model: ModelInfo): readonly string[] {
  const { state, download_bytes, installed_bytes, ram_bytes, licence } = model
  const isHere = state === 'installed' || state === 'damaged'
  return [
    ...(isHere || download_bytes === 0
      ? []
      : [t('models.download', { size: formatBytes(download_bytes) })]),
    ...(installed_bytes > 0 ? [t('models.disk', { size: formatBytes(installed_bytes) })] : []),
    ...(ram_bytes > 0 ? [t('models.memory', { size: formatBytes(ram_bytes) })] : []),
    t('models.licence', { name: licence }),
  ]
}

function again(
  models: ReturnType<typeof useApp>['models'],
  model: string,
  { kind }: ModelTask,
): void {
  switch (kind) {
    case 'install':
    case 'import':
      void models.install(model, null)
      return
    case 'verify':
      void models.verify(model)
      return
    case 'remove':
      void models.remove(model)
  }
}

function StateNote({ model }: { model: ModelInfo }) {
  if (model.state === 'damaged') return <p className="model-damaged">{t('models.damaged')}</p>
  if (model.state !== 'partial') return null
  const here = formatBytes(model.here_bytes)
  return <p>{t('models.partial', { here, total: formatBytes(model.download_bytes) })}</p>
}

function ModelActions({ model }: { model: ModelInfo }) {
  switch (model.state) {
    case 'installed':
      return (
        <div className="model-actions">
          <UseEngineButton engine={model.model} />
          <VerifyButton model={model.model} />
          <RemoveButton model={model} />
        </div>
      )
    case 'available':
      return (
        <div className="model-actions">
          <InstallButton model={model} />
        </div>
      )
    case 'partial':
    case 'damaged':
    case 'installing':
      return (
        <div className="model-actions">
          {model.state === 'installing' ? null : <InstallButton model={model} />}
          <RemoveButton model={model} />
        </div>
      )
  }
}

function VerifyButton({ model }: { model: string }) {
  const { models } = useApp()
  return <Button onClick={() => void models.verify(model)}>{t('models.verify')}</Button>
}

function RemoveButton({ model }: { model: ModelInfo }) {
  const { models } = useApp()
  const [isAsking, setAsking] = useState(false)
  const isPartial = model.state === 'partial'
  const size = formatBytes(isPartial ? model.here_bytes : model.installed_bytes)
  const { name } = model
  return (
    <>
      <Button variant="danger" onClick={() => setAsking(true)}>
        {t(isPartial ? 'models.discard' : 'common.delete')}
      </Button>
      {isAsking ? (
        <Confirm
          title={t(isPartial ? 'models.discard-title' : 'models.delete-title', { name })}
          text={t(isPartial ? 'models.discard-text' : 'models.delete-text', { size })}
          confirm={t('common.delete')}
          onConfirm={() => void models.remove(model.model)}
          onClose={() => setAsking(false)}
        />
      ) : null}
    </>
  )
}
