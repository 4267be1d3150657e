// Whether one can be heard: the level, and a sentence that judges it. Nothing is kept.

import { useEffect, useRef, useState } from 'react'
import type { MicError } from '../../audio/errors'
import { LevelMeter } from '../../audio/level-meter'
import type { Capture, MicEvent } from '../../audio/microphone'
import { t } from '../../i18n'
import { usePreferences } from '../../store'
import { Button } from '../../ui'
import { ErrorCard } from '../errors'
import { useRecorder } from './recording-context'
import { Waveform } from './waveform'

/** About -30 dB: softer speech is easily taken for noise. */
const AUDIBLE_PEAK = 0.03

type Verdict = 'off' | 'arming' | 'quiet' | 'heard' | 'silent'

const SENTENCES = {
  off: null,
  arming: 'recording.arming',
  quiet: 'recording.test-speak',
  heard: 'recording.test-heard',
  silent: 'recording.silent',
} as const satisfies Record<Verdict, string | null>

export function MicrophoneTest() {
  const { microphone } = useRecorder()
  const label = usePreferences()?.microphone ?? ''
  const [meter] = useState(() => new LevelMeter())
  const [verdict, setVerdict] = useState<Verdict>('off')
  const [error, setError] = useState<MicError | null>(null)
  const capture = useRef<Capture | null>(null)

  const stop = () => {
    capture.current?.release()
    capture.current = null
    setVerdict('off')
  }
  const tell = (event: MicEvent) => {
    if (event.kind === 'failed') {
      stop()
      setError(event.error)
    } else if (event.kind === 'silent') setVerdict('silent')
    else setVerdict(event.kind === 'lost' ? 'arming' : 'quiet')
  }
  const start = () => {
    stop()
    setError(null)
    setVerdict('arming')
    meter.clear()
    const peak = (value: number) => {
      meter.push(value)
      if (value > AUDIBLE_PEAK) setVerdict('heard')
    }
    capture.current = microphone.open(label, { pcm: () => {}, peak, tell })
  }
  useEffect(() => () => capture.current?.release(), [])
  // Another choice is tested at once.
  useEffect(() => capture.current?.use(label), [label])

  const isOn = verdict !== 'off'
  const sentence = SENTENCES[verdict]
  return (
    <div className="microphone-test">
      <Button onClick={isOn ? stop : start}>
        {t(isOn ? 'recording.test-stop' : 'recording.test-start')}
      </Button>
      <Waveform meter={meter} isActive={isOn} label={t('recording.waveform')} />
      <p className="microphone-verdict" role="status">
        {sentence === null ? null : t(sentence)}
      </p>
      {error ? <ErrorCard error={error} onRetry={start} /> : null}
    </div>
  )
}
