// The floating window: small, and only there while something goes on.

import { type ReactNode, useCallback, useEffect, useState } from 'react'
import { formatDuration, t } from '../../i18n'
import { useApp } from '../../store'
import { Button, IconButton } from '../../ui'
import { AlertIcon, CheckIcon, CloseIcon, CopyIcon, MicrophoneIcon } from '../../ui/icons'
import { describe } from '../errors/describe'
import { EarlierIcon } from './earlier'
import { PrivateBadge } from './private-mode'
import { useRecorder } from './recording-context'
import type { RecordingState } from './recording-state'
import { cautionOf, earlierStatusOf, orderText, statusOf } from './status-text'
import { isUnfinished } from './takes'
import { type Recording, useRecording } from './use-recording'
import { useSurroundings } from './use-surroundings'
import { Waveform } from './waveform'
import './pill.css'

const DONE_MS = 4000
const CANCELLED_MS = 1500
const ERROR_MS = 8000

export function Pill() {
  const recording = useRecording()
  const { state } = recording
  const hide = useHide(recording)
  const [isHovered, setHovered] = useState(false)
  useAutoHide(isHovered ? null : lifetimeMs(state), hide)
  useHideWhenIdle(hide)
  return (
    <main
      className={`pill pill-${state.kind}`}
      onPointerEnter={() => setHovered(true)}
      onPointerLeave={() => setHovered(false)}
    >
      <h1 className="visually-hidden">{t('recording.title')}</h1>
      <div className="pill-row">
        <Content recording={recording} hide={hide} />
      </div>
      <Earlier recording={recording} />
    </main>
  )
}

/** How long it stays; null: until somebody acts. What is nowhere else does not go by itself. */
function lifetimeMs(state: RecordingState): number | null {
  switch (state.kind) {
    case 'done':
      return isUnfinished(state) ? null : DONE_MS
    case 'cancelled':
      return CANCELLED_MS
    case 'error':
      return isUnfinished(state) || state.audio === 'kept' ? null : ERROR_MS
    default:
      return null
  }
}

/** An older dictation that is not over keeps it. */
function useHide({ dismiss }: Recording): () => void {
  const { api } = useApp()
  const recorder = useRecorder()
  return useCallback(() => {
    dismiss()
    if (recorder.getSnapshot().state.kind !== 'idle') return
    // Where there is no window to hide, as in a browser, the empty pill is small enough.
    api.window.hidePill().catch(() => undefined)
  }, [api, recorder, dismiss])
}

function useAutoHide(afterMs: number | null, hide: () => void): void {
  useEffect(() => {
    if (afterMs === null) return
    const timer = setTimeout(hide, afterMs)
    return () => clearTimeout(timer)
  }, [afterMs, hide])
}

/** The host shows the window at each press, also at one that ends the dictation of another page. */
function useHideWhenIdle(hide: () => void): void {
  const { api } = useApp()
  const recorder = useRecorder()
  useEffect(() => {
    const hideIfIdle = () => recorder.getSnapshot().state.kind === 'idle' && hide()
    // The recorder hears of the press, too: it decides first.
    return api.on('hotkey:pressed', () => queueMicrotask(hideIfIdle))
  }, [api, recorder, hide])
}

interface ContentProps {
  readonly recording: Recording
  readonly hide: () => void
}

function Content({ recording, hide }: ContentProps) {
  const { state } = recording
  switch (state.kind) {
    case 'idle':
      return (
        <IconButton label={t('recording.start')} onClick={() => recording.start()}>
          <MicrophoneIcon />
        </IconButton>
      )
    case 'arming':
    case 'recording':
      return <Hearing recording={recording} />
    case 'draining':
    case 'transcribing':
    case 'polishing':
      return <Working recording={recording} />
    case 'done':
      return <Done recording={recording} hide={hide} />
    case 'cancelled':
      return <Cancelled recording={recording} />
    case 'error':
      return <Failed recording={recording} hide={hide} />
  }
}

function Line({ icon, text }: { icon: ReactNode; text: string }) {
  return (
    <p className="pill-line" role="status" title={text}>
      {icon}
      <span className="pill-text">{text}</span>
    </p>
  )
}

/** How the latest of the older ones is; all of them are in the main window. */
function Earlier({ recording }: { recording: Recording }) {
  const around = useSurroundings()
  const state = recording.earlier.at(-1)
  if (state === undefined) return null
  const text = earlierStatusOf(state, around)
  return (
    <p className="pill-earlier" aria-live="polite" title={text}>
      <EarlierIcon state={state} />
      <span className="pill-text">{text}</span>
    </p>
  )
}

function Cancelled({ recording: { state } }: { recording: Recording }) {
  const around = useSurroundings()
  return <Line icon={<CloseIcon />} text={statusOf(state, around)} />
}

function Hearing({ recording }: { recording: Recording }) {
  const { phase, level, elapsedMs, stop, warning } = recording
  // Where there is no level, there is room for the reason.
  const isDeaf = warning?.kind === 'silent' || warning?.kind === 'lost'
  const reason = isDeaf ? cautionOf(recording) : phase === 'arming' ? t('recording.arming') : null
  return (
    <>
      <span className="pill-dot" aria-hidden="true" />
      {reason === null ? (
        <Waveform meter={level} isActive label={t('recording.waveform')} />
      ) : (
        <Line icon={isDeaf ? <AlertIcon /> : null} text={reason} />
      )}
      <PrivateBadge recording={recording} />
      <span className="pill-timer" role="timer" aria-label={t('recording.timer')}>
        {formatDuration(elapsedMs)}
      </span>
      <IconButton label={t('recording.stop')} onClick={stop}>
        <span className="record-stop" />
      </IconButton>
      <Discard recording={recording} />
    </>
  )
}

function Discard({ recording: { cancel } }: { recording: Recording }) {
  return (
    <IconButton label={t('recording.cancel')} onClick={() => cancel()}>
      <CloseIcon />
    </IconButton>
  )
}

function Working({ recording }: { recording: Recording }) {
  const { state, earlier, insertRaw } = recording
  const around = useSurroundings()
  const text = orderText({ now: state, earlier }) ?? statusOf(state, around)
  return (
    <>
      <Line icon={<span className="pill-spinner" />} text={text} />
      <PrivateBadge recording={recording} />
      {state.kind === 'polishing' ? (
        <Button variant="plain" onClick={insertRaw}>
          {t('recording.insert-raw')}
        </Button>
      ) : null}
      <Discard recording={recording} />
    </>
  )
}

function Done({ recording, hide }: ContentProps) {
  const { state, insertRaw } = recording
  const wasPolished = state.kind === 'done' && state.dictation.polished !== null
  const around = useSurroundings()
  const caution = cautionOf(recording)
  return (
    <>
      <Line
        icon={caution === null ? <CheckIcon /> : <AlertIcon />}
        text={caution ?? statusOf(state, around)}
      />
      <PrivateBadge recording={recording} />
      {wasPolished ? (
        <Button variant="plain" title={t('recording.raw-hint')} onClick={insertRaw}>
          {t('recording.raw')}
        </Button>
      ) : null}
      <CopyText recording={recording} />
      <IconButton label={t('recording.close')} onClick={hide}>
        <CloseIcon />
      </IconButton>
    </>
  )
}

function CopyText({ recording: { committed, copy } }: { recording: Recording }) {
  if (committed === '') return null
  return (
    <IconButton label={t('recording.copy')} onClick={copy}>
      <CopyIcon />
    </IconButton>
  )
}

function Failed({ recording, hide }: ContentProps) {
  const { api } = useApp()
  const [isAsking, setAsking] = useState(false)
  const { state, error, retry } = recording
  if (error === null) return null
  const isHeld = state.kind === 'error' && state.audio === 'held'
  if (isHeld && isAsking) return <Ask onKeep={() => setAsking(false)} onDiscard={hide} />
  const { title, cause } = describe(error)
  const fate = cautionOf(recording)
  const isKept = state.kind === 'error' && state.audio === 'kept'
  // Where this fails the error is still here to be read.
  const show = () => void api.window.show(isKept ? 'history' : 'record').catch(() => undefined)
  return (
    <>
      <p className="pill-line" role="alert" title={[cause, fate].join(' ')}>
        <AlertIcon />
        <span className="pill-text">{title}</span>
        <span className="visually-hidden">{fate}</span>
      </p>
      <Button variant="plain" onClick={retry}>
        {t('recording.retry')}
      </Button>
      <Button variant="plain" onClick={show}>
        {t('recording.show')}
      </Button>
      <CopyText recording={recording} />
      <IconButton label={t('recording.close')} onClick={isHeld ? () => setAsking(true) : hide}>
        <CloseIcon />
      </IconButton>
    </>
  )
}

/** In place of a dialog, for which the window has no room. */
function Ask({ onKeep, onDiscard }: { onKeep: () => void; onDiscard: () => void }) {
  return (
    <>
      <p className="pill-line" role="alert" title={t('recording.held-text')}>
        <AlertIcon />
        <span className="pill-text">{t('recording.held-title')}</span>
      </p>
      <Button variant="plain" onClick={onKeep}>
        {t('recording.keep')}
      </Button>
      <Button variant="danger" onClick={onDiscard}>
        {t('recording.cancel-short')}
      </Button>
    </>
  )
}
