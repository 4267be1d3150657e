import { type RefObject, useEffect } from 'react'

/** What has a use for Escape itself. */
const TAKEN = 'input, textarea, select, [contenteditable], dialog'

/** Escape, wherever the focus is, but where something else has a use for it. */
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
      const isTaken = event.target instanceof Element && event.target.closest(TAKEN) !== null
      const isShown = panel.closest('[hidden]') === null && !document.querySelector('dialog[open]')
      if (isShown && !isTaken) onEscape()
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [ref, isActive, onEscape])
}
