import { type KeyboardEvent, useEffect, useState } from 'react'
import { Field } from '../../ui'

interface TextSettingProps {
  readonly label: string
  readonly hint: string
  readonly value: string
  readonly maxLength: number
  readonly inputMode?: 'url' | 'text'
  /** What is wrong with it, or null. */
  readonly check?: (text: string) => string | null
  readonly onChange: (text: string) => void
}

/** A line of text, kept when the person leaves it or presses Enter. */
export function TextSetting(props: TextSettingProps) {
  const { label, hint, value, maxLength, inputMode = 'text', check, onChange } = props
  const [typed, setTyped] = useState(value)
  const [isLeft, setLeft] = useState(false)
  useEffect(() => setTyped(value), [value])
  const problem = check?.(typed.trim()) ?? null
  const keep = () => {
    setLeft(true)
    const text = typed.trim()
    if (problem === null && text !== value) onChange(text)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.nativeEvent.isComposing) keep()
  }
  return (
    <Field label={label} hint={hint} error={isLeft ? problem : null}>
      {(control) => (
        <input
          {...control}
          className="input"
          spellCheck={false}
          inputMode={inputMode}
          maxLength={maxLength}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onBlur={keep}
          onKeyDown={onKeyDown}
        />
      )}
    </Field>
  )
}
