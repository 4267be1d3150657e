// Plays the audio of an entry, fetched once it is asked for.

import { useCallback, useEffect, useRef, useState } from 'react'
import type { EntryId } from '../../../shared/protocol'
import { useApp } from '../../store'

export interface Player {
  readonly isLoading: boolean
  readonly isPlaying: boolean
  readonly positionMs: number
  toggle(): void
  /** Go there, and play on if it plays. */
  seek(positionMs: number): void
  playFrom(positionMs: number): void
}

const TICK_MS = 100

/** One entry at a time: a player for another entry stops this one. */
export function usePlayer(entry: EntryId, onFailure: (reason: unknown) => void): Player {
  const { api } = useApp()
  const audio = useRef<HTMLAudioElement | null>(null)
  const [isLoading, setLoading] = useState(false)
  const [isPlaying, setPlaying] = useState(false)
  const [positionMs, setPosition] = useState(0)

  // biome-ignore lint/correctness/useExhaustiveDependencies: another entry has other audio
  useEffect(() => {
    return () => {
      audio.current?.pause()
      if (audio.current !== null) URL.revokeObjectURL(audio.current.src)
      audio.current = null
    }
  }, [entry])

  useEffect(() => {
    if (!isPlaying) return
    const timer = setInterval(() => setPosition(positionOf(audio.current)), TICK_MS)
    return () => clearInterval(timer)
  }, [isPlaying])

  const load = useCallback(async () => {
    if (audio.current !== null) return audio.current
    setLoading(true)
    try {
      const wav = await api.history.audio(entry)
      const url = URL.createObjectURL(new Blob([wav.slice()], { type: 'audio/wav' }))
      const element = new Audio(url)
      element.onplay = () => setPlaying(true)
      element.onpause = () => setPlaying(false)
      audio.current = element
      return element
    } finally {
      setLoading(false)
    }
  }, [api, entry])

  const play = async (fromMs: number) => {
    const element = await load()
    element.currentTime = fromMs / 1000
    setPosition(fromMs)
    await element.play()
  }
  return {
    isLoading,
    isPlaying,
    positionMs,
    toggle() {
      if (isPlaying) audio.current?.pause()
      else play(audio.current?.ended ? 0 : positionMs).catch(onFailure)
    },
    seek(position) {
      setPosition(position)
      if (audio.current !== null) audio.current.currentTime = position / 1000
    },
    playFrom: (position) => void play(position).catch(onFailure),
  }
}

function positionOf(audio: HTMLAudioElement | null): number {
  return audio === null ? 0 : audio.currentTime * 1000
}
