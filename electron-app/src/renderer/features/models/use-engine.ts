import { useApp, usePreferences, useReadable } from '../../store'
import { useComplain } from '../errors'

/** The engine that dictations use, and how to choose another. */
export function useChosenEngine(): { current: string | null; choose(engine: string): void } {
  const { preferences, engines } = useApp()
  const complain = useComplain()
  const chosen = usePreferences()?.engine
  const fallback = useReadable(engines)?.defaultEngine ?? null
  return {
    current: chosen === undefined || chosen === '' ? fallback : chosen,
    async choose(engine) {
      const error = await preferences.change({ engine })
      if (error !== null) complain(error)
    },
  }
}
