import type { ComponentProps, ReactNode } from 'react'
import './surface.css'

export function Card({ className, ...rest }: ComponentProps<'div'>) {
  return <div className={['card', className].filter(Boolean).join(' ')} {...rest} />
}

interface EmptyStateProps {
  readonly title: string
  readonly text: string
  /** What to do about it. */
  readonly children?: ReactNode
}

export function EmptyState({ title, text, children }: EmptyStateProps) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      <p>{text}</p>
      {children}
    </div>
  )
}
