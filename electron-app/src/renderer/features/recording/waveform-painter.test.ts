import { expect, test } from 'vitest'
import { LevelMeter } from '../../audio/level-meter'
import { drawBars, drawLevel, heightOf, PEAKS_PER_BAR } from './waveform-painter'

interface Bar {
  readonly x: number
  readonly width: number
  readonly height: number
}

function canvas() {
  const bars: Bar[] = []
  return {
    bars,
    fillStyle: '#000',
    clearRect: () => void bars.splice(0),
    beginPath: () => {},
    roundRect: (x: number, _y: number, width: number, height: number) =>
      void bars.push({ x, width, height }),
    fill: () => {},
  }
}

function meterOf(...peaks: readonly number[]): LevelMeter {
  const meter = new LevelMeter()
  for (const peak of peaks) meter.push(peak)
  return meter
}

const WIDTH = 300
const HEIGHT = 40
const loud = Array<number>(PEAKS_PER_BAR).fill(0.5)
const soft = Array<number>(PEAKS_PER_BAR).fill(0.01)

test('peaks become heights: the loudest has all, soft speech has enough to be seen', () => {
  expect([0, 1, 2].map(heightOf)).toEqual([0, 1, 1])
  expect(heightOf(0.5)).toBeLessThan(0.75)
  expect(heightOf(0.03)).toBeGreaterThan(0.1)
})

test('the newest peaks are at the right edge, older ones to their left', () => {
  const context = canvas()

  drawBars(context, meterOf(...soft, ...loud), WIDTH, HEIGHT, 1)

  const [newest, older] = context.bars
  expect(newest?.height).toBeGreaterThan(older?.height ?? 0)
  expect(newest?.x).toBeGreaterThan(older?.x ?? WIDTH)
  expect((newest?.x ?? 0) + (newest?.width ?? 0)).toBeLessThanOrEqual(WIDTH)
})

test('a peak that has just come is seen at once, before its bar is full', () => {
  const context = canvas()

  drawBars(context, meterOf(...soft, 0.9), WIDTH, HEIGHT, 1)

  expect(context.bars[0]?.height).toBeGreaterThan(HEIGHT * 0.9)
})

test('a bar keeps its height while it moves to the left', () => {
  const context = canvas()
  const meter = meterOf(...loud)
  drawBars(context, meter, WIDTH, HEIGHT, 1)
  const before = context.bars[0]

  for (const peak of soft) meter.push(peak)
  drawBars(context, meter, WIDTH, HEIGHT, 1)

  const after = context.bars[1]
  expect(after?.height).toBe(before?.height)
  expect(after?.x).toBeLessThan(before?.x ?? 0)
})

test('only what is in sight is drawn, however long the recording is', () => {
  const context = canvas()

  drawBars(context, meterOf(...Array<number>(5000).fill(0.5)), WIDTH, HEIGHT, 2)

  expect(context.bars.length).toBeLessThanOrEqual(WIDTH / 10 + 1)
  expect(context.bars.every(({ height }) => height > 6)).toBe(true)
})

test('before the first peak nothing is drawn', () => {
  const context = canvas()

  drawBars(context, meterOf(), WIDTH, HEIGHT, 1)

  expect(context.bars).toEqual([])
})

test('the calm variant is one bar, as long as the last quarter of a second was loud', () => {
  const context = canvas()

  drawLevel(context, meterOf(1, 0.1, 0.1), WIDTH, HEIGHT, 2)

  expect(context.bars).toHaveLength(1)
  expect(context.bars[0]?.width).toBeCloseTo(heightOf(0.1) * WIDTH)
})
