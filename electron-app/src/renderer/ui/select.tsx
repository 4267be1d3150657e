import type { ComponentProps } from 'react'
import './field.css'

export interface Choice<V extends string> {
  readonly value: V
  readonly label: string
}

interface SelectProps<V extends string>
  extends Omit<ComponentProps<'select'>, 'value' | 'onChange'> {
  readonly value: V
  readonly choices: readonly Choice<V>[]
  readonly onChoose: (value: V) => void
}

/** A native select. A value that is not among the choices is shown as it is, not lost. */
export function Select<V extends string>({ value, choices, onChoose, ...rest }: SelectProps<V>) {
  const isKnown = choices.some((choice) => choice.value === value)
  return (
    <select
      className="input"
      value={value}
      onChange={(event) => onChoose(event.target.value as V)}
      {...rest}
    >
      {isKnown ? null : <option value={value}>{value}</option>}
      {choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.label}
        </option>
      ))}
    </select>
  )
}
