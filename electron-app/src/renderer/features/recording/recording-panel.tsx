// The main panel: start and stop, the microphone, the level, and the text as it comes.

import { useCallback, useRef } from 'react'
import { formatDuration, t } from '../../i18n'
import { useHost, usePreferences } from '../../store'
import { Button } from '../../ui'
import { CheckIcon, CopyIcon, MicrophoneIcon } from '../../ui/icons'
import { ErrorCard } from '../errors'
import { keyLabels } from '../settings/accelerator'
import { LiveText } from './live-text'
import { MicrophonePicker } from './microphone-picker'
import { isHearing, isLive } from './recording-state'
import { cautionOf, statusOf } from './status-text'
import { useEscape } from './use-escape'
import { usePress } from './use-press'
import { type Recording, useRecording } from './use-recording'
import { Waveform } from './waveform'
import './recording.css'

export function RecordingPanel() {
  const recording = useRecording()
  const preferences = usePreferences()
  const ref = useRef<HTMLElement>(null)
  const { cancel, state } = recording
  useEscape(
    ref,
    isLive(state),
    useCallback(() => cancel(), [cancel]),
  )
  return (
    <section className="recording" ref={ref} aria-labelledby="recording-title">
      <header className="recording-head">
        <h1 id="recording-title">{t('recording.title')}</h1>
        <MicrophonePicker />
      </header>
      <Controls recording={recording} />
      <Status recording={recording} />
      <Problem recording={recording} />
      <LiveText
        committed={recording.committed}
        tentative={recording.tentative}
        isGrowing={isLive(state)}
        lang={preferences?.language ?? ''}
      />
      <Actions recording={recording} />
    </section>
  )
}

function Controls({ recording }: { recording: Recording }) {
  const { phase, elapsedMs, level } = recording
  return (
    <div className="recording-controls">
      <RecordButton recording={recording} />
      <Waveform meter={level} isActive={isHearing(phase)} label={t('recording.waveform')} />
      <span className="recording-timer" role="timer" aria-label={t('recording.timer')}>
        {formatDuration(elapsedMs)}
      </span>
      {/* Keeps its place while there is nothing to discard, so that nothing jumps. */}
      <Button
        variant="plain"
        className={isLive(recording.state) ? undefined : 'recording-absent'}
        disabled={!isLive(recording.state)}
        onClick={() => recording.cancel()}
      >
        {t('recording.cancel-short')}
      </Button>
    </div>
  )
}

function RecordButton({ recording }: { recording: Recording }) {
  const { state, phase, start, stop, toggle } = recording
  const isHeld = usePreferences()?.activation === 'hold'
  const handlers = usePress({ isHeld, start: () => start(), stop, toggle })
  const isOn = isHearing(phase)
  const label = isOn ? t('recording.stop') : isHeld ? t('recording.hold') : t('recording.start')
  return (
    <button
      type="button"
      className={`record-button record-button-${phase}`}
      aria-label={label}
      title={label}
      // What was said is on its way: a start would have to wait for its end.
      disabled={isLive(state) && (!isOn || phase === 'draining')}
      {...handlers}
    >
      {isOn ? <span className="record-stop" /> : <MicrophoneIcon />}
    </button>
  )
}

function Status({ recording }: { recording: Recording }) {
  const { state } = recording
  const hotkey = useHotkeyLabel()
  const caution = cautionOf(recording)
  return (
    <div className="recording-status" role="status">
      <p className={`recording-phase recording-phase-${state.kind}`}>
        {state.kind === 'done' && state.outcome === 'done' ? <CheckIcon /> : null}
        {statusOf(state, hotkey)}
      </p>
      <p className="recording-caution">{caution}</p>
    </div>
  )
}

/** As keyboards name it; empty where there is none. */
function useHotkeyLabel(): string {
  const host = useHost()
  const hotkey = usePreferences()?.hotkey ?? ''
  if (!host?.can.hotkey || hotkey === '') return ''
  return keyLabels(hotkey, host.platform === 'darwin').join(' ')
}

/** What failed, in a card: the recording itself, or only its insertion. */
function Problem({ recording }: { recording: Recording }) {
  const { state, error, retry, copy, dismiss } = recording
  if (error) return <ErrorCard error={error} onRetry={retry} onDismiss={dismiss} />
  if (state.kind !== 'done' || state.dictation.receipt?.kind !== 'failed') return null
  return <ErrorCard error={state.dictation.receipt.error} onRetry={copy} />
}

function Actions({ recording }: { recording: Recording }) {
  const { state, committed, copy, insertRaw } = recording
  const canCopy = !isLive(state) && committed !== ''
  return (
    <div className="recording-actions">
      {canCopy ? (
        <Button onClick={copy}>
          <CopyIcon />
          {t('recording.copy')}
        </Button>
      ) : null}
      {state.kind === 'polishing' ? (
        <Button onClick={insertRaw}>{t('recording.insert-raw')}</Button>
      ) : null}
      {state.kind === 'done' && state.dictation.polished !== null ? (
        <Button variant="plain" title={t('recording.raw-hint')} onClick={insertRaw}>
          {t('recording.raw')}
        </Button>
      ) : null}
    </div>
  )
}
