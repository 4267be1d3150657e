import './surface.css'

interface ProgressBarProps {
  readonly label: string
  /** From 0 to 1; null where that is not known. */
  readonly share: number | null
}

export function ProgressBar({ label, share }: ProgressBarProps) {
  const known = share === null ? {} : { 'aria-valuenow': Math.round(share * 100) }
  return (
    <div
      className="progress"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...known}
    >
      {share === null ? (
        <div className="progress-bar progress-unknown" />
      ) : (
        <div className="progress-bar" style={{ transform: `scaleX(${share})` }} />
      )}
    </div>
  )
}
