// A setting: what it is and does on one side, its control on the other.

import { type ReactNode, useId } from 'react'
import type { PreferencesPatch } from '../../../shared/protocol'
import { useApp } from '../../store'
import { type Choice, Select, Switch } from '../../ui'
import { useComplain } from '../errors'

interface SettingProps {
  readonly label: string
  readonly hint: ReactNode
  readonly children: (control: {
    readonly id: string
    readonly 'aria-describedby': string
  }) => ReactNode
}

export function Setting({ label, hint, children }: SettingProps) {
  const id = useId()
  return (
    <div className="setting">
      <div>
        <label className="field-label" htmlFor={id}>
          {label}
        </label>
        <p className="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      </div>
      <div className="setting-control">{children({ id, 'aria-describedby': `${id}-hint` })}</div>
    </div>
  )
}

interface SwitchSettingProps {
  readonly label: string
  readonly hint: ReactNode
  readonly checked: boolean
  readonly onSwitch: (checked: boolean) => void
  readonly disabled?: boolean
}

export function SwitchSetting({ label, hint, ...rest }: SwitchSettingProps) {
  return (
    <Setting label={label} hint={hint}>
      {(control) => <Switch {...control} {...rest} />}
    </Setting>
  )
}

interface SelectSettingProps<V extends string> {
  readonly label: string
  readonly hint: ReactNode
  readonly value: V
  readonly choices: readonly Choice<V>[]
  readonly onChoose: (value: V) => void
}

export function SelectSetting<V extends string>({ label, hint, ...rest }: SelectSettingProps<V>) {
  return (
    <Setting label={label} hint={hint}>
      {(control) => <Select {...control} {...rest} />}
    </Setting>
  )
}

/** Keeps a choice; it is taken back, and that is told, if it cannot be kept. */
export function useChange(): (changes: PreferencesPatch) => void {
  const { preferences } = useApp()
  const complain = useComplain()
  return (changes) =>
    void preferences.change(changes).then((error) => {
      if (error !== null) complain(error)
    })
}
