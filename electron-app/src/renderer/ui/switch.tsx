import type { ComponentProps } from 'react'
import './field.css'

interface SwitchProps extends Omit<ComponentProps<'input'>, 'onChange' | 'checked'> {
  readonly checked: boolean
  readonly onSwitch: (checked: boolean) => void
}

export function Switch({ checked, onSwitch, ...rest }: SwitchProps) {
  return (
    <input
      type="checkbox"
      role="switch"
      className="switch"
      checked={checked}
      aria-checked={checked}
      onChange={(event) => onSwitch(event.target.checked)}
      {...rest}
    />
  )
}
