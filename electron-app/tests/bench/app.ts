// Measures the built app in a browser, and prints one JSON line: see benchmarks/app.py.
//
// All figures are taken from outside: what the page draws and shows, what its host is told by the
// sidecar. Host and browser share the clock of the machine.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { App } from '../e2e/app'
import { BUILD, hindrance } from '../e2e/checkout'
import { COUNTED, COUNTING, count, isWhole, momentMs } from '../e2e/counting'
import { joined, silence, speech } from '../e2e/sound'
import {
  finished,
  hears,
  recorded,
  SCRIPT,
  start,
  startButton,
  stop,
  stopButton,
  usedHeapMb,
} from '../e2e/steps'
import { drawn, observe, shownAt } from './observer'
import { WatchedHost } from './watched-host'

const N_STARTS = 15
const N_DICTATIONS = 10
const N_KILLS = 20
/** A sidecar that ends five times within three minutes is not started again before somebody asks. */
const KILLS_OF_AN_APP = 4
/** Not what is said live, so that it is seen when it comes. */
const FINAL = 'Please call Anna about the boat on Monday.'
const LONG_S = 300

type Figures = Record<string, number>

/** @param names - the parts to measure; all, where none is named. */
export async function main(...names: readonly string[]): Promise<void> {
  if (hindrance !== null) throw new Error(hindrance)
  const figures: Figures = {}
  for (const part of [bundle, latencies, heapGrowth, kills]) {
    if (names.length > 0 && !names.includes(part.name)) continue
    Object.assign(figures, await part())
    console.error(figures) // the rest takes minutes
  }
  console.log(JSON.stringify(figures))
}

/** What index.html makes a browser load before anything is shown. */
function bundle(): Figures {
  const page = readFileSync(join(BUILD, 'renderer', 'index.html'), 'utf8')
  const names = [...page.matchAll(/(?:src|href)="\.\/([^"]+\.(?:js|css))"/g)].map(
    ([, name]) => name,
  )
  const bytes = ['index.html', ...names].map(
    (name = '') => gzipSync(readFileSync(join(BUILD, 'renderer', name))).length,
  )
  return { bundle_kb_gzip: bytes.reduce((sum, one) => sum + one, 0) / 1000 }
}

async function latencies(): Promise<Figures> {
  const host: { current: WatchedHost | null } = { current: null }
  const app = new App({
    sound: joined(silence(0.5), speech(10), silence(60)),
    // The tail is recorded on purpose; it is no delay.
    preferences: { hotwords: [...SCRIPT, `final:${FINAL}`], tail_ms: 0, insertion: 'none' },
    initScript: observe,
    makeHost: (folder) => {
      host.current = new WatchedHost(folder)
      return host.current
    },
  })
  try {
    await app.start()
    const page = await app.open()
    const watched = host.current
    if (watched === null) throw new Error('there is no host')
    const frames = await firstFrames(page)
    const texts = await dictations(page, watched)
    return { ...frames, ...texts }
  } finally {
    await app.stop()
  }
}

/** From the click to the first bar, and from a peak's arrival to the frame that shows it. */
async function firstFrames(page: Page): Promise<Figures> {
  const first: number[] = []
  const lags: number[] = []
  for (let n = 0; n < N_STARTS; n += 1) {
    await startButton(page).click()
    await recorded(page, 1)
    const { clickedAt, frameAt, lagsMs } = await drawn(page)
    first.push(frameAt - clickedAt)
    lags.push(...lagsMs)
    await page.keyboard.press('Escape')
    await startButton(page).waitFor()
  }
  return {
    first_frame_ms: quantile(first, 0.5),
    first_frame_p95_ms: quantile(first, 0.95),
    level_to_screen_ms: quantile(lags, 0.95),
  }
}

/** What the page adds to the sidecar's own time: to each live text, and from stop to the final. */
async function dictations(page: Page, host: WatchedHost): Promise<Figures> {
  const live: number[] = []
  const final: number[] = []
  for (let n = 0; n < N_DICTATIONS; n += 1) {
    host.forget()
    await start(page)
    await hears(page, 'Please call Anna')
    await stopButton(page).click()
    await finished(page)
    const { texts, clickedAt } = await shownAt(page)
    // The last change of the text, if the click was not later than that.
    const last = texts.findLast(({ at }) => at > clickedAt)
    for (const { text, at } of host.texts) {
      const shown = texts.find((one) => one.at >= at - 1 && one.text === text)
      if (shown !== undefined) live.push(shown.at - at)
    }
    if (last !== undefined) final.push(last.at - clickedAt - host.closingMs)
  }
  return {
    live_text_extra_ms: quantile(live, 0.95),
    stop_to_screen_extra_ms: quantile(final, 0.95),
  }
}

/** Of the page, over a long recording: after a forced collection, once it runs and at its end. */
async function heapGrowth(): Promise<Figures> {
  const app = new App({
    sound: joined(speech(3.7), silence(1.3)),
    preferences: { hotwords: COUNTING },
  })
  try {
    await app.start()
    const page = await app.open()
    await start(page)
    await recorded(page, 10)
    const before = await usedHeapMb(page)
    await recorded(page, LONG_S + 10)
    const after = await usedHeapMb(page)
    await stop(page)
    return { heap_growth_mb: after - before }
  } finally {
    await app.stop()
  }
}

/** How many of the dictations whose sidecar is killed with -9 have all of their text. */
async function kills(): Promise<Figures> {
  let recovered = 0
  for (let seed = 0; seed < N_KILLS; seed += KILLS_OF_AN_APP) {
    recovered += await killsOfAnApp(seed)
  }
  return { kills_recovered: recovered }
}

async function killsOfAnApp(first: number): Promise<number> {
  const app = new App({ sound: COUNTED, preferences: { hotwords: COUNTING } })
  let recovered = 0
  try {
    await app.start()
    const page = await app.open()
    const whole = await count(page, async () => {})
    for (let seed = first; seed < first + KILLS_OF_AN_APP; seed += 1) {
      const counted = await count(page, async () => {
        await page.waitForTimeout(momentMs(seed))
        await app.host.killSidecar()
      })
      if (isWhole(counted, whole)) recovered += 1
      console.error(`kill ${seed + 1}: counted ${counted}, undisturbed ${whole}`)
    }
  } finally {
    await app.stop()
  }
  return recovered
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN
}
