// A button that starts and stops, or that is held while speaking.

import { type KeyboardEvent, type PointerEvent, useRef } from 'react'

interface Press {
  readonly isHeld: boolean
  readonly hold: () => void
  readonly letGo: () => void
  readonly toggle: () => void
}

const isKey = ({ key }: KeyboardEvent) => key === ' ' || key === 'Enter'

/** Handlers for the button. Screen readers click without pressing: for them it always toggles. */
export function usePress({ isHeld, hold, letGo, toggle }: Press) {
  const isDown = useRef(false)
  const press = () => {
    isDown.current = true
    hold()
  }
  const release = () => {
    if (isDown.current) letGo()
  }
  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      isDown.current = false
      if (!isHeld || event.button !== 0) return
      // The release counts wherever the pointer is by then.
      event.currentTarget.setPointerCapture(event.pointerId)
      press()
    },
    onPointerUp: release,
    onPointerCancel: release,
    onKeyDown: (event: KeyboardEvent) => {
      if (!isKey(event)) return
      // A key that stays down would start and stop over and over.
      if (event.repeat || isHeld) event.preventDefault()
      if (isHeld && !event.repeat) press()
    },
    onKeyUp: (event: KeyboardEvent) => {
      if (!isHeld || !isKey(event)) return
      event.preventDefault()
      release()
      isDown.current = false
    },
    onClick: () => {
      // The click that ends a press was acted upon already.
      if (!isDown.current) toggle()
      isDown.current = false
    },
  }
}
