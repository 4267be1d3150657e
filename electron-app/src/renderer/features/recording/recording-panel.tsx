// The main panel: start and stop, the microphone, the level, and the text as it comes.

import { type RefObject, useCallback, useRef, useState } from 'react'
import { formatDuration, t } from '../../i18n'
import { usePreferences } from '../../store'
import { Button } from '../../ui'
import { CheckIcon, CopyIcon, MicrophoneIcon } from '../../ui/icons'
import { ErrorCard } from '../errors'
import { DiscardHeld } from './discard-held'
import { EarlierDictations } from './earlier'
import { LiveText } from './live-text'
import { MicrophonePicker } from './microphone-picker'
import { PrivateBadge, PrivateSwitch } from './private-mode'
import { isHearing, isLive } from './recording-state'
import { cautionOf, placingErrorOf, statusOf } from './status-text'
import { isFull } from './takes'
import { useEscape } from './use-escape'
import { usePress } from './use-press'
import { type Recording, useRecording } from './use-recording'
import { useSurroundings } from './use-surroundings'
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
        <div className="recording-choices">
          <PrivateSwitch />
          <MicrophonePicker />
        </div>
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
      <EarlierDictations recording={recording} />
    </section>
  )
}

function Controls({ recording }: { recording: Recording }) {
  const { phase, elapsedMs, level, cancel } = recording
  const record = useRef<HTMLButtonElement>(null)
  const discard = () => {
    cancel()
    // The button that was pressed goes, and the focus would go with it.
    record.current?.focus()
  }
  return (
    <div className="recording-controls">
      <RecordButton ref={record} recording={recording} />
      <Waveform meter={level} isActive={isHearing(phase)} label={t('recording.waveform')} />
      <PrivateBadge recording={recording} />
      <span className="recording-timer" role="timer" aria-label={t('recording.timer')}>
        {formatDuration(elapsedMs)}
      </span>
      {/* Keeps its place while there is nothing to discard, so that nothing jumps. */}
      <Button
        variant="plain"
        className={isLive(recording.state) ? undefined : 'recording-absent'}
        disabled={!isLive(recording.state)}
        onClick={discard}
      >
        {t('recording.cancel-short')}
      </Button>
    </div>
  )
}

interface RecordButtonProps {
  readonly ref: RefObject<HTMLButtonElement | null>
  readonly recording: Recording
}

function RecordButton({ ref, recording }: RecordButtonProps) {
  const { state, phase, earlier, hold, letGo, toggle } = recording
  const isHeld = usePreferences()?.activation === 'hold'
  const handlers = usePress({ isHeld, hold, letGo, toggle })
  const isOn = isHearing(phase)
  const label = isOn ? t('recording.stop') : isHeld ? t('recording.hold') : t('recording.start')
  return (
    <button
      ref={ref}
      type="button"
      className={`record-button record-button-${phase}`}
      aria-label={label}
      title={label}
      // The last words are being taken, or as many texts are on their way as there can be. What
      // it does has no effect then. Disabled, it would lose the focus of who works it by keys.
      aria-disabled={phase === 'draining' || (!isOn && isFull({ now: state, earlier }))}
      {...handlers}
    >
      {isOn ? <span className="record-stop" /> : <MicrophoneIcon />}
    </button>
  )
}

function Status({ recording }: { recording: Recording }) {
  const { state } = recording
  const around = useSurroundings()
  const caution = cautionOf(recording)
  return (
    <div className="recording-status" role="status">
      <p className={`recording-phase recording-phase-${state.kind}`}>
        {state.kind === 'done' && state.outcome === 'done' ? <CheckIcon /> : null}
        {statusOf(state, around)}
      </p>
      <p className="recording-caution">{caution}</p>
    </div>
  )
}

/** What failed, in a card: the recording itself, or only its insertion. */
function Problem({ recording }: { recording: Recording }) {
  const { state, error, retry, copy, dismiss } = recording
  const [isAsking, setAsking] = useState(false)
  const isHeld = state.kind === 'error' && state.audio === 'held'
  if (error)
    return (
      <>
        <ErrorCard
          error={error}
          onRetry={retry}
          onDismiss={isHeld ? () => setAsking(true) : dismiss}
        />
        {isHeld && isAsking ? (
          <DiscardHeld onDiscard={dismiss} onClose={() => setAsking(false)} />
        ) : null}
      </>
    )
  const notPlaced = state.kind === 'done' ? placingErrorOf(state.dictation) : null
  return notPlaced === null ? null : <ErrorCard error={notPlaced} onRetry={copy} />
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
