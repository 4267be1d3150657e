// What somebody sees first: what this is, and whether microphone, hotkey and engine work.

import { type ReactNode, useEffect, useRef, useState } from 'react'
import { t } from '../../i18n'
import { goTo } from '../../route'
import { useApp } from '../../store'
import { Button } from '../../ui'
import { useComplain } from '../errors'
import { HotkeyStep } from './hotkey-step'
import { MicrophoneStep } from './microphone-step'
import { ModelStep } from './model-step'
import './welcome.css'

const STEPS = ['intro', 'microphone', 'hotkey', 'model', 'done'] as const
type Step = (typeof STEPS)[number]

export function WelcomePage() {
  const [index, setIndex] = useState(0)
  const heading = useRef<HTMLHeadingElement>(null)
  const leave = useLeave()
  const step = STEPS[index] ?? 'done'
  const isLast = step === 'done'
  // The button that was pressed is gone, or does something else now: read on from the top.
  // biome-ignore lint/correctness/useExhaustiveDependencies: moves with every step
  useEffect(() => heading.current?.focus(), [index])
  return (
    <div className="welcome">
      <div className="welcome-head">
        <p className="muted small">{t('welcome.step', { step: index + 1, steps: STEPS.length })}</p>
        {isLast ? null : (
          <Button variant="plain" onClick={leave}>
            {t('welcome.skip-all')}
          </Button>
        )}
      </div>
      <h1 ref={heading} tabIndex={-1}>
        {t(`welcome.${step}.title`)}
      </h1>
      <div className="welcome-body">
        <StepView step={step} />
      </div>
      <div className="welcome-actions">
        {index > 0 ? (
          <Button onClick={() => setIndex(index - 1)}>{t('welcome.back')}</Button>
        ) : null}
        <Button variant="primary" onClick={() => (isLast ? leave() : setIndex(index + 1))}>
          {t(isLast ? 'welcome.start' : 'welcome.next')}
        </Button>
      </div>
    </div>
  )
}

function StepView({ step }: { step: Step }): ReactNode {
  switch (step) {
    case 'intro':
      return (
        <>
          <p>{t('welcome.intro.text')}</p>
          <p>{t('welcome.intro.safe')}</p>
          <p>{t('welcome.intro.yours')}</p>
        </>
      )
    case 'microphone':
      return <MicrophoneStep />
    case 'hotkey':
      return <HotkeyStep />
    case 'model':
      return <ModelStep />
    case 'done':
      return <p>{t('welcome.done.text')}</p>
  }
}

/** Ends the welcome for good. If that cannot be kept now, it comes once more after a start. */
function useLeave(): () => void {
  const { preferences } = useApp()
  const complain = useComplain()
  return () => {
    goTo('record')
    void preferences.change({ onboarded: true }).then((error) => {
      if (error !== null) complain(error)
    })
  }
}
