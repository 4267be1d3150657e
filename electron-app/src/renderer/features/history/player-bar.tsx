import { formatDuration, t } from '../../i18n'
import { IconButton } from '../../ui'
import { PauseIcon, PlayIcon } from '../../ui/icons'
import type { Player } from './use-player'

const STEP_MS = 100

export function PlayerBar({ player, durationMs }: { player: Player; durationMs: number }) {
  const { isLoading, isPlaying, positionMs } = player
  const shownMs = Math.min(positionMs, durationMs)
  return (
    <div className="player">
      <IconButton
        label={t(isPlaying ? 'history.pause' : 'history.play')}
        onClick={player.toggle}
        disabled={isLoading}
      >
        {isPlaying ? <PauseIcon /> : <PlayIcon />}
      </IconButton>
      <input
        type="range"
        aria-label={t('history.position')}
        aria-valuetext={formatDuration(shownMs)}
        min={0}
        max={durationMs}
        step={STEP_MS}
        value={shownMs}
        onChange={(event) => player.seek(event.target.valueAsNumber)}
      />
      <span className="player-time">
        {formatDuration(shownMs)} / {formatDuration(durationMs)}
      </span>
    </div>
  )
}
