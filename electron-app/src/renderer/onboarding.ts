import { useEffect, useRef } from 'react'
import { goTo, parseRoute } from './route'
import { usePreferences } from './store'

/** Leads a person who has never been welcomed to the welcome, once. */
export function useOnboarding(): void {
  const isOnboarded = usePreferences()?.onboarded
  const wasLed = useRef(false)
  useEffect(() => {
    if (isOnboarded !== false || wasLed.current) return
    wasLed.current = true
    if (parseRoute(location.hash).surface === 'record') goTo('welcome')
  }, [isOnboarded])
}
