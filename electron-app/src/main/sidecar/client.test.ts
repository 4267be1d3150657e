import { setMaxListeners } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeServerMessage } from '../../shared/codec'
import type { Event, StreamOpenParams } from '../../shared/protocol'
import { wavOf } from '../pcm'
import { Calls } from './calls'
import { type CallOptions, SidecarClient, type StreamEvent } from './client'
import { SidecarError } from './errors'
import { SidecarLog } from './logs'
import { SidecarProcess } from './process'
import { program, speech, startSidecar, type TestSidecar } from './testing'
import { type Address, type KeyPair, newKeyPair, Transport } from './transport'

const NAME = { name: 'sotto-test', version: '0' }
const VOICE = speech()
const WAV = wavOf(VOICE)
const CHUNK_BYTES = 3200

let sidecar: TestSidecar
let client: SidecarClient

beforeAll(async () => {
  sidecar = startSidecar({ scripted: true })
  client = await sidecar.client()
}, 60_000)

afterAll(() => sidecar.stop())

/** The kind of error that it rejects with. */
async function kindOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
  } catch (error) {
    expect(error).toBeInstanceOf(SidecarError)
    return (error as SidecarError).kind
  }
  throw new Error('It did not fail.')
}

function transcribe(hotwords: readonly string[], options: CallOptions = {}) {
  const params = { audio: { k: 'inline', data: { $bin: 0 } }, hotwords } as const
  return client.call('asr.transcribe', params, { binaries: [WAV], ...options })
}

/** Dictate all of it, and leave its audio in the journal. */
async function dictate(
  pcm: Uint8Array,
  options: Partial<StreamOpenParams>,
  onOpen: (stream: number) => void = () => undefined,
) {
  const params = { format: 'pcm_s16le', rate_hz: 16_000, ...options } as const
  const { stream } = (await client.call('asr.stream.open', params)).result
  onOpen(stream)
  const chunks = chunksOf(pcm)
  for (const [seq, chunk] of chunks.entries()) {
    client.notify('asr.stream.push', { stream, seq, data: { $bin: 0 } }, [chunk])
  }
  const closing = { stream, seq: chunks.length, keep: true }
  return (await client.call('asr.stream.close', closing)).result
}

setMaxListeners(0) // many calls share a signal

describe('calls', () => {
  test('saying hello tells who the sidecar is, and that we own it', () => {
    expect(client.hello.epoch).toMatch(/^[0-9a-f]{16}$/)
    expect(client.hello.role).toBe('owner')
  })

  test('a call gets its result', async () => {
    const { result } = await client.call('sys.info', {})

    expect(result.default_engine).toBe('scripted')
    expect(result.engines.map((engine) => engine.id)).toContain('scripted')
  })

  test('audio travels beside a call, and its text comes back', async () => {
    const { result } = await transcribe(['say:hello there'])

    expect(result.text).toBe('hello there')
    expect(result.timings.audio_ms).toBe(3700)
  }, 60_000)

  test('audio that is larger than a frame is refused before it is sent', async () => {
    const audio = { k: 'inline', data: { $bin: 0 } } as const
    const binaries = [new Uint8Array(34 * 1024 * 1024)]

    expect(await kindOf(client.call('asr.transcribe', { audio }, { binaries }))).toBe('TOO_LARGE')
    await client.call('sys.ping', {})
  })

  test('parts of an upload arrive whole and in order', async () => {
    const recording = WAV
    const { result } = await client.call('audio.open', { total_bytes: recording.byteLength })
    const half = Math.floor(recording.byteLength / 2)
    const puts = [recording.subarray(0, half), recording.subarray(half)].map((part, seq) =>
      client.call(
        'audio.put',
        { upload: result.upload, seq, data: { $bin: 0 } },
        { binaries: [part] },
      ),
    )

    expect((await Promise.all(puts)).at(-1)?.result.received_bytes).toBe(recording.byteLength)
    const heard = await client.call('asr.transcribe', {
      audio: { k: 'upload', upload: result.upload },
      hotwords: ['say:whole'],
    })
    expect(heard.result.timings.audio_ms).toBe(3700)
  }, 60_000)

  test('audio comes back beside a result, byte for byte', async () => {
    const recording = 'ab'.repeat(16)
    await dictate(VOICE, { recording })
    const added = await client.call('history.add', {
      text: 'kept',
      engine: 'scripted',
      duration_ms: 3700,
      parts: [{ recording }],
    })
    const entry = added.result.entry

    const whole = await client.call('history.audio', { entry, offset: 0, max_bytes: 4_194_304 })
    const piece = await client.call('history.audio', { entry, offset: 1000, max_bytes: 500 })

    const [wav = new Uint8Array()] = whole.binaries
    expect(Buffer.from(wav).indexOf(VOICE)).toBeGreaterThan(0)
    expect(wav).toHaveLength(whole.result.total_bytes)
    expect(piece.binaries).toEqual([wav.subarray(1000, 1500)])
  }, 60_000)

  test('an error keeps its kind, what it is about, and whether to try again', async () => {
    const gap = client.call(
      'audio.put',
      { upload: 99, seq: 0, data: { $bin: 0 } },
      { binaries: [new Uint8Array(8)] },
    )
    await expect(gap).rejects.toMatchObject({ kind: 'NO_SESSION', retryable: false })

    const noEngine = transcribe(['raise:OutOfMemoryError'])
    await expect(noEngine).rejects.toMatchObject({ kind: 'OUT_OF_MEMORY', retryable: true })
  }, 60_000)

  test('parameters that do not fit are refused here', async () => {
    const params = { audio: { k: 'file', name: '../passwd' } } as const

    expect(await kindOf(client.call('asr.transcribe', params))).toBe('INVALID_PARAMS')
  })
})

describe('deadlines and cancelling', () => {
  test('work that takes longer than its deadline is answered so', async () => {
    const call = transcribe(['sleep:20'], { timeoutMs: 300 })

    expect(await kindOf(call)).toBe('DEADLINE')
  }, 60_000)

  test('an abort rejects at once, and ends the work', async () => {
    const abort = new AbortController()
    const events: Event[] = []
    const started = withResolvers<void>()
    const call = transcribe(['sleep:60'], {
      signal: abort.signal,
      onEvent: (event: Event) => {
        events.push(event)
        started.resolve()
      },
    })
    await started.promise

    abort.abort()
    const settled = kindOf(call)
    expect(await Promise.race([settled, nextTurn()])).toBe('CANCELLED')

    const told = events.length
    expect((await transcribe(['say:after'])).result.text).toBe('after')
    expect(events).toHaveLength(told)
  }, 60_000)

  test('a signal that was aborted before is never sent', async () => {
    expect(await kindOf(client.call('sys.info', {}, { signal: AbortSignal.abort() }))).toBe(
      'CANCELLED',
    )
  })

  test('a listener that throws ends its call, and no other', async () => {
    const onEvent = (): never => {
      throw new RangeError('mine')
    }
    const call = transcribe(['sleep:30'], { onEvent })

    await expect(call).rejects.toThrow(RangeError)
    await client.call('sys.ping', {})
  }, 60_000)
})

describe('many calls', () => {
  test('a thousand at once wait their turn, and none fails', async () => {
    const calls = Array.from({ length: 1000 }, (_, at) =>
      at % 2 === 0 ? client.call('models.list', {}) : client.call('sys.info', {}),
    )

    expect(await Promise.all(calls)).toHaveLength(1000)
  }, 60_000)

  test('what must not wait does not: a ping passes a crowd of long calls', async () => {
    const abort = new AbortController()
    const crowd = Array.from({ length: 200 }, () =>
      kindOf(transcribe(['sleep:60'], { signal: abort.signal })),
    )

    await client.call('sys.ping', {})
    const opened = await client.call('asr.stream.open', { format: 'pcm_s16le', rate_hz: 16_000 })
    await client.call('asr.stream.abort', { stream: opened.result.stream })

    abort.abort()
    expect(new Set(await Promise.all(crowd))).toEqual(new Set(['CANCELLED']))
    expect((await transcribe(['say:still here'])).result.text).toBe('still here')
  }, 60_000)

  test('a call that waits for its turn keeps its deadline, too', async () => {
    const abort = new AbortController()
    const crowd = Array.from({ length: 60 }, () =>
      kindOf(transcribe(['sleep:60'], { signal: abort.signal })),
    )
    const waiting = transcribe(['say:late'], { timeoutMs: 200 })

    expect(await kindOf(waiting)).toBe('DEADLINE')
    abort.abort()
    await Promise.all(crowd)
  }, 60_000)

  test('random calls, cancels and deadlines each have exactly one outcome', async () => {
    const random = seeded(20_26)
    const outcomes = await Promise.all(
      Array.from({ length: 300 }, async () => {
        const abort = new AbortController()
        const wish = random()
        if (wish < 0.4) setTimeout(() => abort.abort(), random() * 300)
        const timeoutMs = wish > 0.8 ? 1 + random() * 100 : 60_000
        const hotwords = [`sleep:${(random() * 0.02).toFixed(3)}`, 'say:x']
        const call = transcribe(hotwords, { signal: abort.signal, timeoutMs })
        return call.then(
          ({ result }) => result.text,
          (error) => (error as SidecarError).kind,
        )
      }),
    )
    expect(outcomes.filter((one) => !['x', 'CANCELLED', 'DEADLINE'].includes(one))).toEqual([])
    expect((await client.call('sys.diag', {})).result.pending).toBeLessThanOrEqual(1)
  }, 120_000)
})

describe('events', () => {
  test('come in order, and before the result', async () => {
    const told: string[] = []
    const { result } = await transcribe(['say:one two'], {
      onEvent: (event: Event) => told.push(event.t),
    })

    expect(told).toContain('segment')
    expect(result.segments).toHaveLength(told.filter((t) => t === 'segment').length)
  }, 60_000)

  test('of a dictation come numbered without gaps, with credit, after the stream is known', async () => {
    const seen: StreamEvent[] = []
    let acknowledged = 0
    const known = new Set<number>()
    const offs = [
      client.on('stream-event', (event) => {
        if (known.has(event.stream)) seen.push(event)
      }),
      client.on('credit', ({ stream, ack }) => {
        if (known.has(stream)) acknowledged = ack
      }),
    ]
    const closed = await dictate(VOICE, { mode: 'batch' }, (stream) => known.add(stream))
    for (const off of offs) off()

    const must = seen.filter(({ event }) => !['level', 'status', 'partial'].includes(event.t))
    expect(seen[0]?.seq).toBe(0)
    expect(seen.map(({ seq }) => seq)).toEqual([...seen.map(({ seq }) => seq)].sort(ascending))
    expect(must.at(-1)?.event.t).toBe('final')
    expect(acknowledged).toBe(chunksOf(VOICE).length)
    expect(closed.complete).toBe(true)
  }, 60_000)

  test('states of engines and changes by others are told', async () => {
    const states: string[] = []
    const offState = client.on('state', ({ engine, state }) => states.push(`${engine} ${state}`))
    const changed = withResolvers<string>()
    const offChanged = client.on('changed', ({ what }) => changed.resolve(what))

    await transcribe(['say:x'])
    await client.call('config.set', { changes: { tail_ms: 300 } })

    expect(await changed.promise).toBe('config')
    expect(states).toContain('scripted busy')
    offState()
    offChanged()
  }, 60_000)
})

describe('the connection', () => {
  test('another major version is refused with VERSION', async () => {
    const own = await ownSidecar()
    const calls = new Calls((frames) => transport.send(frames))
    const transport = new Transport(own.address, own.keys, {
      onMessage: (frames) => {
        const message = decodeServerMessage(frames)
        if (!('method' in message)) calls.onAnswer(message, [])
      },
      onBreak: (why) => calls.end(why),
    })

    const hello = calls.call('sys.hello', { proto: [2, 0], client: NAME })
    await expect(hello).rejects.toMatchObject({ kind: 'VERSION' })
    transport.close()
    await own.end()
  }, 60_000)

  test('a sidecar with another key than the one it told is not believed', async () => {
    const own = await ownSidecar()
    const impostor = { ...own.address, serverKey: newKeyPair().publicKey }

    const kind = await kindOf(SidecarClient.connect(impostor, own.keys, NAME))

    expect(['SIDECAR_RESTARTED', 'UNAUTHORIZED']).toContain(kind)
    await own.end()
  }, 60_000)

  test('a client whose key is not known gets no answer', async () => {
    const own = await ownSidecar()

    const kind = await kindOf(SidecarClient.connect(own.address, newKeyPair(), NAME))

    expect(['SIDECAR_RESTARTED', 'UNAUTHORIZED']).toContain(kind)
    await own.end()
  }, 60_000)

  test('a client stays known while it has nothing to say', async () => {
    const before = client.heardAtMs
    const heard = await new Promise<number>((resolve) => {
      const look = setInterval(() => {
        if (client.heardAtMs <= before) return
        clearInterval(look)
        resolve(client.heardAtMs)
      }, 100)
    })

    expect(heard).toBeGreaterThan(before)
  }, 60_000)

  test('a closed client rejects what is pending and what comes later', async () => {
    const own = await ownSidecar()
    const other = await SidecarClient.connect(own.address, own.keys, NAME)
    const closed = withResolvers<SidecarError>()
    other.on('closed', closed.resolve)
    const pending = kindOf(other.call('sys.shutdown', { drain_ms: 5000 }))

    other.close()

    expect(await pending).toBe('SIDECAR_RESTARTED')
    expect((await closed.promise).kind).toBe('SIDECAR_RESTARTED')
    expect(await kindOf(other.call('sys.ping', {}))).toBe('SIDECAR_RESTARTED')
    expect(() => other.notify('$/cancel', { id: 1 })).toThrow(SidecarError)
    await own.end()
  }, 60_000)
})

interface OwnSidecar {
  readonly address: Address
  readonly keys: KeyPair
  end(): Promise<void>
}

/** One without a supervisor, for whoever wants to speak to it otherwise. */
async function ownSidecar(): Promise<OwnSidecar> {
  const keys = newKeyPair()
  const folder = mkdtempSync(join(tmpdir(), 'sotto-test-'))
  const settings = { data_dir: join(folder, 'data'), runtime_dir: join(folder, 'run') }
  const options = { program: program(), settings, folder, extraEnv: {} }
  const process = new SidecarProcess(keys.publicKey, options, new SidecarLog(join(folder, 'log')))
  return {
    address: await process.ready(30_000),
    keys,
    end: async () => {
      await process.end(5000)
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

function chunksOf(pcm: Uint8Array): Uint8Array[] {
  const count = Math.ceil(pcm.byteLength / CHUNK_BYTES)
  return Array.from({ length: count }, (_, at) =>
    pcm.slice(at * CHUNK_BYTES, (at + 1) * CHUNK_BYTES),
  )
}

/** As in later versions of Node. */
function withResolvers<T>() {
  let resolve: (value: T | PromiseLike<T>) => void = () => undefined
  let reject: (why: unknown) => void = () => undefined
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

function ascending(a: number, b: number): number {
  return a - b
}

function nextTurn(): Promise<'not at once'> {
  return new Promise((resolve) => setImmediate(() => resolve('not at once')))
}

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
