// Older dictations, while a newer one is made: how they are, their text, and what can be done.

import { useState } from 'react'
import { t } from '../../i18n'
import { Button } from '../../ui'
import { AlertIcon, CheckIcon, CopyIcon } from '../../ui/icons'
import { describe } from '../errors/describe'
import { textOf } from './dictation'
import { DiscardHeld } from './discard-held'
import { isLive } from './recording-state'
import { earlierStatusOf, endCautionOf, placingErrorOf } from './status-text'
import type { EarlierEvent, Known } from './takes'
import type { Recording } from './use-recording'
import { useSurroundings } from './use-surroundings'
import './pill.css'
import './recording.css'

export function EarlierDictations({ recording }: { recording: Recording }) {
  const { earlier, actOnEarlier } = recording
  if (earlier.length === 0) return null
  return (
    <section className="earlier" aria-label={t('recording.earlier')}>
      <ul>
        {earlier.map((state) => (
          <EarlierDictation
            key={state.dictation.take}
            state={state}
            act={(kind) => actOnEarlier(state.dictation.take, kind)}
          />
        ))}
      </ul>
    </section>
  )
}

interface EarlierProps {
  readonly state: Known
  readonly act: (kind: EarlierEvent['kind']) => void
}

function EarlierDictation({ state, act }: EarlierProps) {
  const around = useSurroundings()
  const text = textOf(state.dictation)
  return (
    <li className={`earlier-item earlier-${state.kind}`}>
      <p className="earlier-status" aria-live="polite">
        <EarlierIcon state={state} />
        {earlierStatusOf(state, around)}
      </p>
      <Trouble state={state} />
      {text === '' ? null : <p className="earlier-text">{text}</p>}
      <p className="row">
        <EarlierActions state={state} act={act} />
      </p>
    </li>
  )
}

export function EarlierIcon({ state }: { state: Known }) {
  if (isLive(state)) return <span className="pill-spinner" />
  return needsSomebody(state) ? <AlertIcon /> : <CheckIcon />
}

function needsSomebody(state: Known): boolean {
  const { dictation } = state
  const isWell = dictation.isComplete && dictation.unsaved === null
  return state.kind === 'error' || !isWell || placingErrorOf(dictation) !== null
}

/** Why it failed, or could not be inserted, and where its audio is. */
function Trouble({ state }: { state: Known }) {
  if (isLive(state)) return null
  const error = state.kind === 'error' ? state.error : placingErrorOf(state.dictation)
  const cause = error === null ? null : describe(error).cause
  const sentences = [cause, endCautionOf(state)].filter((one) => one !== null)
  return sentences.length === 0 ? null : <p className="earlier-trouble">{sentences.join(' ')}</p>
}

function EarlierActions({ state, act }: EarlierProps) {
  const [isAsking, setAsking] = useState(false)
  const isHeld = state.kind === 'error' && state.audio === 'held'
  const isOn = isLive(state)
  return (
    <>
      {isHeld ? <Button onClick={() => act('retry')}>{t('recording.retry')}</Button> : null}
      {!isOn && textOf(state.dictation) !== '' ? (
        <Button onClick={() => act('copy')}>
          <CopyIcon />
          {t('recording.copy')}
        </Button>
      ) : null}
      {state.kind === 'polishing' ? (
        <Button onClick={() => act('insert-raw')}>{t('recording.insert-raw')}</Button>
      ) : null}
      <Button
        variant={isOn ? 'quiet' : 'plain'}
        onClick={() => (isHeld ? setAsking(true) : act(isOn ? 'cancel' : 'dismiss'))}
      >
        {t(isOn ? 'recording.cancel-short' : 'common.dismiss')}
      </Button>
      {isAsking ? (
        <DiscardHeld onDiscard={() => act('dismiss')} onClose={() => setAsking(false)} />
      ) : null}
    </>
  )
}
