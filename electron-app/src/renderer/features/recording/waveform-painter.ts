// Draws peaks as bars, the newest at the right edge. Allocates nothing: it runs in every frame.

import type { LevelMeter } from '../../audio/level-meter'

/** Each bar is the loudest of three peaks, 48 ms: slow enough for the eye to follow. */
export const PEAKS_PER_BAR = 3
const BAR_PX = 3
const STEP_PX = 5
/** Between what samples are and what ears hear: so both syllables and soft speech are seen. */
const LOUDNESS_EXPONENT = 0.5

export type Canvas2d = Pick<
  CanvasRenderingContext2D,
  'clearRect' | 'beginPath' | 'roundRect' | 'fill' | 'fillStyle'
>

/** How high a peak is drawn, from 0 to 1. */
export function heightOf(peak: number): number {
  return Math.min(1, peak ** LOUDNESS_EXPONENT)
}

/** @param width - and `height` in pixels of the device, `scale` of them to one of CSS. */
export function drawBars(
  context: Canvas2d,
  meter: LevelMeter,
  width: number,
  height: number,
  scale: number,
): void {
  context.clearRect(0, 0, width, height)
  context.beginPath()
  const bar = BAR_PX * scale
  const step = STEP_PX * scale
  // Bars keep their peaks and move by a third of a step with each: whole steps would stutter.
  const newest = Math.floor((meter.count - 1) / PEAKS_PER_BAR)
  const moved = ((meter.count - 1) % PEAKS_PER_BAR) / PEAKS_PER_BAR
  let x = width - bar - moved * step
  for (let index = newest; x > -bar && index >= 0; index--, x -= step) {
    const size = Math.max(bar, loudest(meter, index) * height)
    context.roundRect(x, (height - size) / 2, bar, size, bar / 2)
  }
  context.fill()
}

/** A bar from the left, as long as it is loud: for those who want no motion. */
export function drawLevel(
  context: Canvas2d,
  meter: LevelMeter,
  width: number,
  height: number,
  peaks: number,
): void {
  let peak = 0
  for (let i = 1; i <= peaks; i++) peak = Math.max(peak, meter.at(meter.count - i))
  context.clearRect(0, 0, width, height)
  context.beginPath()
  const thickness = height / 4
  const length = Math.max(thickness, heightOf(peak) * width)
  context.roundRect(0, (height - thickness) / 2, length, thickness, thickness / 2)
  context.fill()
}

function loudest(meter: LevelMeter, bar: number): number {
  let peak = 0
  for (let i = 0; i < PEAKS_PER_BAR; i++) peak = Math.max(peak, meter.at(bar * PEAKS_PER_BAR + i))
  return heightOf(peak)
}
