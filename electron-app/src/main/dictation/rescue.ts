// Audio that no sidecar could take: files in a private folder, until one runs that can. It then
// takes them into its journal, where they are offered as interrupted recordings.

import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BYTES_PER_MS, pcmOf, RATE_HZ, wavHeader } from '../pcm'
import type { SidecarClient } from '../sidecar/client'
import { SidecarError } from '../sidecar/errors'
import { Outbox } from './outbox'
import { Stream } from './stream'

const WAV = /^[0-9a-f]{32}\.wav$/
const NAME_LENGTH = 32
const CHUNK_BYTES = 500 * BYTES_PER_MS // the longest that is taken
/** Its text is made when somebody recovers it. */
const PARAMS = { format: 'pcm_s16le', rate_hz: RATE_HZ, mode: 'batch' } as const

/** Nothing rejects but `keep`: what cannot be brought in stays for another time. */
export class Rescue {
  readonly #folder: string
  readonly #unexpected: (error: unknown) => void
  /** Files that are being written. */
  readonly #unfinished = new Set<string>()
  #last: Promise<void> = Promise.resolve()

  /** @param folder is made when something is to be kept, for this user alone. */
  constructor(folder: string, unexpected: (error: unknown) => void) {
    this.#folder = folder
    this.#unexpected = unexpected
  }

  /**
   * Write audio to disk; returns whether there was any. Rejects where it cannot be written; what
   * was written by then, or by the end of the app, is brought in like the rest.
   */
  async keep(pcm: Iterable<Uint8Array>): Promise<boolean> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const file = `${randomBytes(16).toString('hex')}.wav`
    const path = join(this.#folder, file)
    this.#unfinished.add(file)
    try {
      const bytes = await writeWav(path, pcm)
      if (bytes === 0) await rm(path)
      return bytes > 0
    } finally {
      this.#unfinished.delete(file)
    }
  }

  /** Bring what is kept into the sidecar's journal. */
  bringIn(client: SidecarClient): Promise<void> {
    this.#last = this.#last.then(() => this.#bringAllIn(client)).catch(this.#unexpected)
    return this.#last
  }

  async #bringAllIn(client: SidecarClient): Promise<void> {
    for (const file of await this.#files()) {
      try {
        const path = join(this.#folder, file)
        const pcm = pcmOf(await readFile(path))
        const isSafe = pcm.length === 0 || (await bringIn(client, file.slice(0, NAME_LENGTH), pcm))
        if (isSafe) await rm(path)
      } catch (error) {
        if (error instanceof SidecarError) return // it is away, or busy, or has no engine
        this.#unexpected(error) // one that cannot be read, say; the others can
      }
    }
  }

  async #files(): Promise<readonly string[]> {
    const entries = await readdir(this.#folder).catch(() => [])
    return entries.filter((entry) => WAV.test(entry) && !this.#unfinished.has(entry))
  }
}

/** Returns how many bytes of audio there were. */
async function writeWav(path: string, pcm: Iterable<Uint8Array>): Promise<number> {
  const file = await open(path, 'wx', 0o600)
  try {
    let bytes = 0
    await file.write(wavHeader(0))
    for (const piece of pcm) {
      await file.write(piece)
      bytes += piece.length
    }
    await file.write(wavHeader(bytes), 0, undefined, 0)
    await file.sync()
    return bytes
  } finally {
    await file.close()
  }
}

/** Returns whether the journal has it. It is there under the name of the file, so only once. */
async function bringIn(client: SidecarClient, name: string, pcm: Buffer): Promise<boolean> {
  const { result } = await client.call('journal.list', {})
  const there = result.recordings.find((each) => each.recording === name)
  if (there?.audio_ms === Math.floor(pcm.length / BYTES_PER_MS)) return true
  if (there !== undefined) await client.call('journal.discard', { recording: name })
  return pushAll(client, name, pcm)
}

async function pushAll(client: SidecarClient, name: string, pcm: Buffer): Promise<boolean> {
  const outbox = new Outbox(() => {}, Number.POSITIVE_INFINITY)
  for (let at = 0; at < pcm.length; at += CHUNK_BYTES) {
    outbox.add(pcm.subarray(at, at + CHUNK_BYTES))
  }
  let isWhole = true
  const stream = await Stream.open(client, { ...PARAMS, recording: name }, outbox, (event) => {
    if (event.t === 'error') isWhole = false // no room for it, or no engine: another time
  })
  return (await stream.sent()) && (await stream.abort(true)) === name && isWhole
}
