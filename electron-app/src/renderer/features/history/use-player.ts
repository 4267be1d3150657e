// Plays the audio of an entry, fetched once it is asked for.

import { useEffect, useRef, useState } from 'react'
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

/** Stops with the component; a failure to fetch or play is told, and may be tried again. */
export function usePlayer(entry: EntryId, onFailure: (reason: unknown) => void): Player {
  const { api } = useApp()
  const source = useRef<Promise<HTMLAudioElement> | null>(null)
  const audio = useRef<HTMLAudioElement | null>(null)
  const [isLoading, setLoading] = useState(false)
  const [isPlaying, setPlaying] = useState(false)
  const [positionMs, setPosition] = useState(0)

  useEffect(
    () => () => {
      // What is still on its way is let go of once it has come.
      source.current?.then(release, () => undefined)
      source.current = null
      audio.current = null
    },
    [],
  )
  useEffect(() => {
    if (!isPlaying) return
    const timer = setInterval(() => setPosition(positionOf(audio.current)), TICK_MS)
    return () => clearInterval(timer)
  }, [isPlaying])

  const fetchAudio = async () => {
    setLoading(true)
    try {
      const element = asAudio(await api.history.audio(entry))
      element.onplay = () => setPlaying(true)
      element.onpause = () => setPlaying(false)
      return element
    } catch (reason) {
      source.current = null
      throw reason
    } finally {
      setLoading(false)
    }
  }
  const play = async (fromMs: number) => {
    setPosition(fromMs)
    source.current ??= fetchAudio()
    const element = await source.current
    // Closed meanwhile: nobody could stop it.
    if (source.current === null) return
    audio.current = element
    element.currentTime = fromMs / 1000
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

function asAudio(wav: Uint8Array): HTMLAudioElement {
  return new Audio(URL.createObjectURL(new Blob([wav.slice()], { type: 'audio/wav' })))
}

function release(audio: HTMLAudioElement): void {
  audio.pause()
  URL.revokeObjectURL(audio.src)
}

function positionOf(audio: HTMLAudioElement | null): number {
  return audio === null ? 0 : audio.currentTime * 1000
}
