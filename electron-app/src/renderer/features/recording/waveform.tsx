// The level of the microphone, from the samples that are recorded. The peaks come from the worklet
// and not from an AnalyserNode: each sample is in exactly one peak, however late a frame is.

import { useEffect, useRef } from 'react'
import type { LevelMeter } from '../../audio/level-meter'
import { PEAK_MS } from '../../audio/pcm-stream'
import { drawBars, drawLevel } from './waveform-painter'
import './recording.css'

/** Of the calm variant. */
const CALM_MS = 250

interface WaveformProps {
  readonly meter: LevelMeter
  /** Whether peaks come. What was drawn last stays until the next recording. */
  readonly isActive: boolean
  readonly label: string
}

export function Waveform({ meter, isActive, label }: WaveformProps) {
  const ref = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    return ref.current && isActive ? paint(ref.current, meter) : undefined
  }, [meter, isActive])
  return <canvas className="waveform" ref={ref} role="img" aria-label={label} />
}

/** Draws until the function that it returns is called. */
function paint(canvas: HTMLCanvasElement, meter: LevelMeter): () => void {
  const context = canvas.getContext('2d')
  if (context === null) return () => {}
  const resize = () => {
    canvas.width = Math.round(canvas.clientWidth * devicePixelRatio)
    canvas.height = Math.round(canvas.clientHeight * devicePixelRatio)
    // Resizing resets it. Read here and not in each frame, since that makes the browser lay out.
    context.fillStyle = getComputedStyle(canvas).color
  }
  resize()
  const observer = new ResizeObserver(resize)
  observer.observe(canvas)
  const stop = matchMedia('(prefers-reduced-motion: reduce)').matches
    ? every(CALM_MS, () =>
        drawLevel(context, meter, canvas.width, canvas.height, CALM_MS / PEAK_MS),
      )
    : everyFrame(() => drawBars(context, meter, canvas.width, canvas.height, devicePixelRatio))
  return () => {
    stop()
    observer.disconnect()
  }
}

function everyFrame(draw: () => void): () => void {
  let frame = 0
  const next = () => {
    draw()
    frame = requestAnimationFrame(next)
  }
  next()
  return () => cancelAnimationFrame(frame)
}

function every(ms: number, draw: () => void): () => void {
  draw()
  const timer = setInterval(draw, ms)
  return () => clearInterval(timer)
}
