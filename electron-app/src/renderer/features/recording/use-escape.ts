import { type RefObject, useEffect } from 'react'

/** Escape, where nothing else of the page has a use for it. */
export function useEscape(
  ref: RefObject<HTMLElement | null>,
  isActive: boolean,
  onEscape: () => void,
): void {
  useEffect(() => {
    if (!isActive) return
    const listen = (event: KeyboardEvent) => {
      const panel = ref.current
      if (event.key !== 'Escape' || event.defaultPrevented || panel === null) return
      const isHere = event.target === document.body || panel.contains(event.target as Node)
      const isShown = panel.closest('[hidden]') === null && !document.querySelector('dialog[open]')
      if (isHere && isShown) onEscape()
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [ref, isActive, onEscape])
}
