import type { ModelProgressEvent } from '../../../shared/protocol'
import { formatBytes, formatPercent, formatRemaining, t } from '../../i18n'
import type { ModelTask } from '../../store/models'
import { Button, ProgressBar } from '../../ui'
import { ErrorCard } from '../errors'

interface TaskViewProps {
  readonly task: ModelTask
  readonly onStop: () => void
  /** Stops as well, and what came is deleted; not offered where nothing comes. */
  readonly onCancel?: (() => void) | undefined
  readonly onRetry: () => void
  readonly onDismiss: () => void
}

/** What happens to a model: how far it is, or how it went. */
export function TaskView(props: TaskViewProps) {
  const { task, onRetry, onDismiss } = props
  switch (task.state) {
    case 'failed':
      return task.error === null ? null : (
        <ErrorCard error={task.error} onRetry={onRetry} onDismiss={onDismiss} />
      )
    case 'done':
      return (
        <p className="row model-verified" role="status">
          {t('models.verified')}
          <Button variant="plain" onClick={onDismiss}>
            {t('common.dismiss')}
          </Button>
        </p>
      )
    case 'running':
    case 'stopping':
      return <Running {...props} />
  }
}

function Running({ task, onStop, onCancel }: TaskViewProps) {
  const { progress, kind, state } = task
  const phase = t(phaseKey(task))
  const stopLabel = t(kind === 'install' ? 'models.pause' : 'models.stop')
  return (
    <div className="task">
      <ProgressBar label={phase} share={shareOf(progress)} />
      <div className="task-line">
        <p className="task-facts">
          <span>{phase}</span>
          {progress === null ? null : <ProgressFacts progress={progress} />}
        </p>
        {kind === 'remove' ? null : (
          <Button disabled={state === 'stopping'} onClick={onStop}>
            {state === 'stopping' ? t('models.pausing') : stopLabel}
          </Button>
        )}
        {kind === 'install' && onCancel ? (
          <Button variant="plain" disabled={state === 'stopping'} onClick={onCancel}>
            {t('models.cancel')}
          </Button>
        ) : null}
      </div>
      {task.error === null ? null : <ErrorCard error={task.error} onRetry={onStop} />}
    </div>
  )
}

function phaseKey({ kind, progress }: ModelTask) {
  if (kind === 'remove') return 'models.phase.remove'
  return progress === null ? 'models.phase.waiting' : (`models.phase.${progress.phase}` as const)
}

function shareOf(progress: ModelProgressEvent | null): number | null {
  if (progress === null || !progress.total) return null
  return Math.min(1, progress.done / progress.total)
}

function ProgressFacts({ progress }: { progress: ModelProgressEvent }) {
  const { phase, done, total, bytes_per_s, left_ms } = progress
  const share = shareOf(progress)
  // While it converts, the numbers mean nothing but their share.
  if (phase === 'converting') return share === null ? null : <span>{formatPercent(share)}</span>
  return (
    <>
      {total === undefined ? null : (
        <span>{t('models.bytes', { done: formatBytes(done), total: formatBytes(total) })}</span>
      )}
      {bytes_per_s === undefined ? null : (
        <span>{t('models.rate', { size: formatBytes(bytes_per_s) })}</span>
      )}
      {left_ms === undefined ? null : (
        <span>{t('models.left', { time: formatRemaining(left_ms) })}</span>
      )}
    </>
  )
}
