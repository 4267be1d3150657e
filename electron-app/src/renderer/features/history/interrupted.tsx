import { useState } from 'react'
import { formatDateTime, formatDuration, t } from '../../i18n'
import { useApp, useReadable } from '../../store'
import type { Interrupted } from '../../store/recordings'
import { Button, Card, Confirm, ProgressBar } from '../../ui'
import { ErrorCard, useComplain } from '../errors'

/** Recordings without a text, each to be recovered or discarded. */
export function InterruptedRecordings() {
  const recordings = useReadable(useApp().recordings)
  if (recordings.length === 0) return null
  return (
    <Card className="interrupted">
      <h2>{t('history.interrupted', { count: recordings.length })}</h2>
      <p className="muted">{t('history.interrupted-text')}</p>
      <ul className="interrupted-list">
        {recordings.map((one) => (
          <InterruptedRecording key={one.recording.recording} interrupted={one} />
        ))}
      </ul>
    </Card>
  )
}

function InterruptedRecording({ interrupted }: { interrupted: Interrupted }) {
  const { recordings, toasts } = useApp()
  const complain = useComplain()
  const [isAsking, setAsking] = useState(false)
  const { recording, state, share, error } = interrupted
  const name = t('history.recording', {
    time: formatDateTime(recording.began_s * 1000),
    length: formatDuration(recording.audio_ms),
  })
  const recover = () =>
    void recordings.recover(recording.recording).then((failed) => {
      if (failed === null) toasts.show({ text: t('history.recovered') })
    })
  const stop = () => void recordings.stop(recording.recording).catch(complain)
  return (
    <li className="interrupted-item">
      <div className="row">
        <span className="interrupted-name">{name}</span>
        <span className="interrupted-buttons">
          <Button variant="primary" disabled={state !== 'kept'} onClick={recover}>
            {t('history.recover')}
          </Button>
          <Button variant="danger" disabled={state !== 'kept'} onClick={() => setAsking(true)}>
            {t('history.discard')}
          </Button>
        </span>
      </div>
      {state === 'recovering' ? (
        <div className="work-line">
          <ProgressBar label={t('history.recovering')} share={share} />
          <Button onClick={stop}>{t('history.stop')}</Button>
        </div>
      ) : null}
      {error === null ? null : <ErrorCard error={error} onRetry={recover} />}
      {isAsking ? (
        <Confirm
          title={t('history.discard-title')}
          text={t('history.discard-text')}
          confirm={t('history.discard')}
          onConfirm={() => void recordings.discard(recording.recording)}
          onClose={() => setAsking(false)}
        />
      ) : null}
    </li>
  )
}
