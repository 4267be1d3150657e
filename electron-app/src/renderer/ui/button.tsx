import type { ComponentProps, ReactNode } from 'react'
import './button.css'

export interface ButtonProps extends ComponentProps<'button'> {
  readonly variant?: 'primary' | 'quiet' | 'danger' | 'plain'
}

export function Button({ variant = 'quiet', className, ...rest }: ButtonProps) {
  const classes = ['button', `button-${variant}`, className].filter(Boolean).join(' ')
  return <button type="button" className={classes} {...rest} />
}

interface IconButtonProps extends ComponentProps<'button'> {
  /** What it does, for those who do not see the icon. */
  readonly label: string
  readonly children: ReactNode
}

export function IconButton({ label, ...rest }: IconButtonProps) {
  return <button type="button" className="icon-button" aria-label={label} title={label} {...rest} />
}
