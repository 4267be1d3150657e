// The capture in a real browser, with a microphone that plays a file.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { wavOf } from '../../src/main/pcm'

const RATE = 16_000
/** The page's policy in the app, as far as it concerns scripts. */
const CSP = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'"
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' }

interface Told {
  readonly kind: string
  readonly label?: string
  readonly error?: { readonly kind: string }
}
interface Trial {
  refusal: { readonly name: string; readonly message: string } | null
  readonly peaks: readonly number[]
  readonly chunks: readonly ArrayBuffer[]
  readonly told: readonly Told[]
  warm(rateHz?: number): Promise<number>
  open(label?: string): void
  finish(tailMs: number): Promise<void>
  release(): void
  samples(): number[]
  tracks(): string[]
  pull(): void
  refuseOtherRates(): void
  mute(): void
  whistle(): void
  lagBehind(ms: number): void
  slowGraph(): void
  readonly states: readonly string[]
  openBeside(): Promise<void>
  releaseBeside(): void
  watchGraph(): Promise<void>
  blockGraph(): void
  breakGraph(): void
  use(label: string): void
  devices(): Promise<readonly { readonly label: string }[]>
  plug(): void
}
/** In the page. */
declare const trial: Trial

let folder: string
let server: Server
let browser: Browser
let page: Page

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capture-'))
  const root = fileURLToPath(new URL('./capture-page', import.meta.url))
  const outDir = join(folder, 'page')
  await build({ root, base: './', logLevel: 'warn', build: { outDir, target: 'chrome140' } })
  await writeFile(join(folder, 'voice.wav'), wavOf(pcm(voice(6))))
  server = await serve(outDir)
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-audio-capture=${join(folder, 'voice.wav')}`,
    ],
  })
})

afterAll(async () => {
  await browser?.close()
  server?.close()
  await rm(folder, { recursive: true, force: true })
})

beforeEach(async () => {
  page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/index.html`)
})

afterEach(() => page.close())

async function record(seconds: number): Promise<readonly number[]> {
  await page.click('#record')
  await page.waitForFunction((count) => trial.chunks.length >= count, seconds * 10)
  await page.evaluate(() => trial.finish(0))
  return page.evaluate(() => trial.samples())
}

const kinds = () => page.evaluate(() => trial.told.map(({ kind }) => kind))

test.each([16_000, 44_100, 48_000])(
  'what the microphone hears arrives as 16 kHz PCM from an audio graph at %i Hz',
  async (rateHz) => {
    const actualHz = await page.evaluate((hz) => trial.warm(hz), rateHz)

    const heard = await record(4)

    expect(actualHz).toBe(rateHz)
    expect(typicalCorrelation(heard, voice(6))).toBeGreaterThan(0.95)
  },
)

test('a browser that connects a microphone only at its own rate is resampled for', async () => {
  await page.evaluate(() => trial.refuseOtherRates())
  await page.evaluate(() => trial.warm())

  const heard = await record(4)

  expect(typicalCorrelation(heard, voice(6))).toBeGreaterThan(0.95)
})

test('each 16 ms of what is recorded has its peak', async () => {
  await page.evaluate(() => trial.warm())

  const samples = await record(2)

  const peaks = await page.evaluate(() => trial.peaks)
  const loudest = samples.slice(0, 256).reduce((peak, x) => Math.max(peak, Math.abs(x)), 0)
  // A last chunk of 20 ms may have been filled up to them, with what was not recorded.
  const filled = samples.length % 1600 === 320 ? 319 : 0
  expect(peaks.length).toBeLessThanOrEqual(Math.floor(samples.length / 256))
  expect(peaks.length).toBeGreaterThanOrEqual(Math.floor((samples.length - filled) / 256))
  expect(peaks[0]).toBeCloseTo(loudest / 32768, 4)
})

test('recording goes on for the tail after stop, then the device is let go', async () => {
  await page.evaluate(() => trial.warm())
  await page.click('#record')
  await page.waitForFunction(() => trial.chunks.length >= 5)

  const before = await page.evaluate(() => trial.samples().length)
  await page.evaluate(() => trial.finish(400))

  const after = await page.evaluate(() => trial.samples().length)
  expect(after - before).toBeGreaterThanOrEqual(0.4 * RATE - 128)
  expect(await page.evaluate(() => trial.tracks())).toEqual(['ended'])
})

test('last words that come late are waited for, as long as anything comes', async () => {
  await page.evaluate(() => trial.lagBehind(1500))
  await page.evaluate(() => trial.warm())
  await page.click('#record')
  await page.waitForFunction(() => trial.chunks.length >= 5)

  const underWay = await page.evaluate(async () => {
    const before = trial.samples().length
    await trial.finish(100)
    return trial.samples().length - before
  })

  // What had been said and was not here yet, and the tail.
  expect(underWay).toBeGreaterThanOrEqual(1.4 * RATE)
})

test('a recording is not disturbed by the end of another one beside it', async () => {
  await page.evaluate(() => trial.warm())
  await page.click('#record')
  await page.evaluate(() => trial.openBeside())
  await page.waitForFunction(() => trial.chunks.length >= 3)
  await page.evaluate(() => trial.watchGraph())

  await page.evaluate(() => trial.releaseBeside())
  const chunks = await page.evaluate(() => trial.chunks.length)
  await page.waitForFunction((count) => trial.chunks.length >= count, chunks + 5)
  const meanwhile = await page.evaluate(() => [...trial.states])
  await page.evaluate(() => trial.finish(0))
  await page.waitForFunction(() => trial.states.at(-1) === 'suspended')

  expect(meanwhile).toEqual(['running'])
})

test('a second recording begins where the first one ended', async () => {
  await page.evaluate(() => trial.warm())
  await record(1)

  const heard = await record(1)

  expect(heard.length).toBeGreaterThanOrEqual(RATE)
  expect(await kinds()).toEqual(['live'])
})

test('a device that is pulled is told, and the system’s choice goes on in its place', async () => {
  await page.evaluate(() => trial.warm())
  await page.click('#record')
  await page.waitForFunction(() => trial.chunks.length >= 5)

  await page.evaluate(() => {
    trial.pull()
    // Browsers tell both, in no fixed order.
    trial.plug()
  })
  await page.waitForFunction(() => trial.told.some(({ kind }) => kind === 'restored'))
  const chunks = await page.evaluate(() => trial.chunks.length)
  await page.waitForFunction((count) => trial.chunks.length >= count, chunks + 5)
  await page.evaluate(() => trial.finish(0))

  expect(await kinds()).toEqual(['live', 'lost', 'restored'])
})

test('with no other device the recording waits for one, and keeps what it has', async () => {
  await page.evaluate(() => trial.warm())
  await page.click('#record')
  await page.waitForFunction(() => trial.chunks.length >= 5)

  await page.evaluate(() => {
    trial.refusal = { name: 'NotFoundError', message: 'none' }
    trial.pull()
    trial.plug()
  })
  await page.waitForFunction(() => trial.told.some(({ kind }) => kind === 'lost'))
  await page.evaluate(() => {
    trial.refusal = null
    trial.plug()
  })
  await page.waitForFunction(() => trial.told.some(({ kind }) => kind === 'restored'))
  await page.evaluate(() => trial.finish(0))

  expect(await page.evaluate(() => trial.samples().length)).toBeGreaterThanOrEqual(8000)
})

test('stopping while the device is away hands over what there is', async () => {
  await page.evaluate(() => trial.warm())
  await page.click('#record')
  await page.waitForFunction(() => trial.chunks.length >= 5)
  await page.evaluate(() => {
    trial.refusal = { name: 'NotFoundError', message: 'none' }
    trial.pull()
  })

  await page.evaluate(() => trial.finish(100))

  expect(await page.evaluate(() => trial.samples().length)).toBeGreaterThanOrEqual(8000)
})

test.each([
  ['NotAllowedError', 'Permission denied', 'MIC_DENIED'],
  ['NotAllowedError', 'Permission dismissed', 'MIC_DISMISSED'],
  ['NotFoundError', 'Requested device not found', 'MIC_MISSING'],
  ['NotReadableError', 'Could not start audio source', 'MIC_BUSY'],
])('a microphone that cannot be had because of %s (%s) is %s', async (name, message, kind) => {
  await page.evaluate(() => trial.warm())

  await page.evaluate(
    (refusal) => {
      trial.refusal = refusal
      trial.open()
    },
    { name, message },
  )
  await page.waitForFunction(() => trial.told.length > 0)

  expect(await page.evaluate(() => trial.told.map(({ error }) => error?.kind))).toEqual([kind])
})

test('a microphone that is refused before the audio graph is there is told, and only that', async () => {
  const uncaught: unknown[] = []
  page.on('pageerror', (error) => uncaught.push(error))

  await page.evaluate(() => {
    trial.slowGraph()
    trial.refusal = { name: 'NotAllowedError', message: 'Permission denied' }
    void trial.warm()
    trial.open()
  })
  await page.waitForFunction(() => trial.told.length > 0)

  expect(await page.evaluate(() => trial.told[0]?.error?.kind)).toBe('MIC_DENIED')
  expect(uncaught).toEqual([])
})

test('a try right after a refused one is heard', async () => {
  await page.evaluate(() => trial.warm())
  await page.evaluate(() => {
    trial.refusal = { name: 'NotFoundError', message: 'none' }
    trial.open()
  })
  await page.waitForFunction(() => trial.told.length > 0)

  await page.evaluate(() => {
    trial.refusal = null
    trial.open()
  })
  await page.waitForFunction(() => trial.chunks.length > 0)
  await page.evaluate(() => trial.finish(0))

  expect(await kinds()).toEqual(['live'])
})

test('a device is found by its name, and an unknown name is the system’s choice', async () => {
  await page.evaluate(() => trial.warm())
  await page.evaluate(() => trial.open('a microphone that nobody has'))
  await page.waitForFunction(() => trial.chunks.length > 0)

  await page.evaluate(() => trial.finish(0))

  expect(await kinds()).toEqual(['live'])
})

test('another device that is chosen while recording goes on with it', async () => {
  await page.evaluate(() => trial.warm())
  await page.click('#record')
  await page.waitForFunction(() => trial.chunks.length >= 3)

  const labels = await page.evaluate(async () =>
    (await trial.devices()).map((device) => device.label),
  )
  await page.evaluate((label) => trial.use(label), labels.at(-1) ?? '')
  await page.waitForFunction(() => trial.told.some(({ kind }) => kind === 'restored'))
  const chunks = await page.evaluate(() => trial.chunks.length)
  await page.waitForFunction((count) => trial.chunks.length >= count, chunks + 3)
  await page.evaluate(() => trial.finish(0))

  expect(labels.at(-1)).toMatch(/Fake/)
  expect(await page.evaluate(() => trial.told.at(-1)?.label)).toBe(labels.at(-1))
})

test('a device that gives zeros is told as silent, and recorded from its first sound on', async () => {
  await page.evaluate(() => trial.warm())
  await page.evaluate(() => trial.mute())
  await page.click('#record')
  await page.waitForFunction(() => trial.told.some(({ kind }) => kind === 'silent'))

  expect(await page.evaluate(() => trial.chunks.length)).toBe(0)
  await page.evaluate(() => trial.whistle())
  await page.waitForFunction(() => trial.chunks.length >= 2)
  await page.evaluate(() => trial.finish(0))

  expect(await kinds()).toEqual(['silent', 'heard', 'live'])
})

test('a graph that the browser does not let run is told, and its device let go', async () => {
  await page.evaluate(() => trial.warm())
  await page.evaluate(() => trial.blockGraph())

  await page.click('#record')
  await page.waitForFunction(() => trial.told.length > 0)

  expect(await page.evaluate(() => trial.told[0]?.error?.kind)).toBe('MIC_BLOCKED')
  expect(await page.evaluate(() => trial.tracks())).toEqual(['ended'])
})

test('without an audio graph there is no recording, and no device stays open', async () => {
  await page.evaluate(() => trial.breakGraph())

  await page.evaluate(() => trial.warm().catch(() => undefined))
  await page.click('#record')
  await page.waitForFunction(() => trial.told.length > 0 && trial.tracks().includes('ended'))

  expect(await page.evaluate(() => trial.told[0]?.error?.kind)).toBe('MIC_FAILED')
})

test('a page that is out of sight goes on recording', async () => {
  await page.evaluate(() => trial.warm())
  await page.click('#record')
  await page.waitForFunction(() => trial.chunks.length >= 3)

  const other = await browser.newPage()
  await other.bringToFront()
  const before = await page.evaluate(() => trial.chunks.length)
  // Polled by time: a page that is out of sight draws no frames.
  await page.waitForFunction((count) => trial.chunks.length >= count, before + 10, { polling: 100 })
  await page.evaluate(() => trial.finish(0))
  await other.close()

  expect(await kinds()).toEqual(['live'])
})

test('letting go while the device opens leaves nothing open', async () => {
  await page.evaluate(() => trial.warm())

  await page.evaluate(() => {
    trial.open()
    trial.release()
  })
  await page.waitForFunction(() => trial.tracks().length > 0 && !trial.tracks().includes('live'))

  expect(await kinds()).toEqual([])
})

/** Something like speech: harmonics of a gliding pitch, in syllables. */
function voice(seconds: number): Float32Array {
  let phase = 0
  return Float32Array.from({ length: RATE * seconds }, (_, i) => {
    const s = i / RATE
    phase += (2 * Math.PI * (130 + 40 * Math.sin(2.1 * s) + 15 * Math.sin(7.3 * s))) / RATE
    const buzz = [1, 2, 3, 5, 8, 13].reduce((sum, k) => sum + Math.sin(k * phase) / k, 0)
    const syllable = 0.55 + 0.45 * Math.sin(2 * Math.PI * 3.7 * s)
    return 0.2 * buzz * syllable
  })
}

function pcm(samples: Float32Array): Uint8Array {
  return new Uint8Array(Int16Array.from(samples, (sample) => Math.round(sample * 32767)).buffer)
}

/**
 * Of half seconds, each at the delay that fits it best, the one in the middle: a machine that is too
 * busy for real time drops a moment here and there, and what follows it is later by that much.
 */
function typicalCorrelation(heard: readonly number[], said: Float32Array): number {
  const twice = Float32Array.from([...said, ...said, ...said])
  const fits = (from: number, delay: number) => correlation(heard, from, twice, delay, RATE / 2)
  let delay = 0
  const windows = [1, 2, 3, 4, 5, 6, 7].map((half) => {
    const from = (half * RATE) / 2
    delay = bestDelay(heard, from, twice, delay, RATE / 4)
    // Not where it was expected: looked for everywhere.
    if (fits(from, delay) < 0.9) delay = bestDelay(heard, from, twice, 0, said.length)
    const value = fits(from, delay)
    delay += RATE / 2
    return value
  })
  return windows.sort((a, b) => a - b)[3] ?? 0
}

/** Of so many delays the one at which a piece fits best. A shorter one would fit in many places. */
function bestDelay(
  heard: readonly number[],
  from: number,
  said: Float32Array,
  first: number,
  delays: number,
): number {
  let best = { value: -1, delay: first }
  for (let delay = first; delay < first + delays; delay++) {
    const value = correlation(heard, from, said, delay, RATE / 4)
    if (value > best.value) best = { value, delay }
  }
  return best.delay
}

function correlation(
  a: ArrayLike<number>,
  fromA: number,
  b: ArrayLike<number>,
  fromB: number,
  length: number,
): number {
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < length; i++) {
    const x = a[fromA + i] ?? 0
    const y = b[fromB + i] ?? 0
    ab += x * y
    aa += x * x
    bb += y * y
  }
  return ab / Math.sqrt(aa * bb || 1)
}

async function serve(root: string): Promise<Server> {
  const created = createServer(async (request, response) => {
    const path = join(root, new URL(request.url ?? '/', 'http://page').pathname)
    try {
      const body = await readFile(path)
      const type = TYPES[extname(path)] ?? 'application/octet-stream'
      response.writeHead(200, { 'Content-Type': type, 'Content-Security-Policy': CSP })
      response.end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve) => created.listen(0, '127.0.0.1', resolve))
  return created
}
