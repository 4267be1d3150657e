// What the sidecar says on stderr: the last lines in memory, more of them in files that rotate.

import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { redactLine } from './redaction'

const KEPT_LINES = 500
const FILE_BYTES = 5 * 1024 * 1024
const FILES = 5
const MAX_LINE_CHARS = 8192

export class SidecarLog {
  readonly #folder: string
  readonly #lines: string[] = []
  #bytes: number
  #hasHeard = false
  #lastSaid: string | undefined

  /** In that folder, made if absent: `sidecar.log`, and older ones with a number. */
  constructor(folder: string) {
    this.#folder = folder
    this.#bytes = sizeOf(this.#file(0))
  }

  /** Take what comes from a new sidecar's stderr. */
  follow(stderr: Readable | null): void {
    this.#hasHeard = false
    this.#lastSaid = undefined
    let rest = ''
    const take = (piece: string): void => {
      const lines = (rest + piece).split('\n')
      rest = (lines.pop() ?? '').slice(0, MAX_LINE_CHARS)
      this.#lastSaid = this.#keep(lines) ?? this.#lastSaid
    }
    stderr
      ?.setEncoding('utf8')
      .on('data', take)
      .once('close', () => take('\n'))
  }

  /** The sidecar can be spoken to: from now on its lines could hold what was said. */
  mayHear(): void {
    this.#hasHeard = true
  }

  /** An entry of our own. Facts are numbers and short tokens. */
  note(event: string, facts: Readonly<Record<string, string | number>> = {}): void {
    const t = Date.now() / 1000
    this.#keep([JSON.stringify({ t, level: 'info', ev: `app-${event}`, ...facts })])
  }

  /** The last line of the sidecar that was followed last. */
  get lastSaid(): string | undefined {
    return this.#lastSaid
  }

  tail(count: number = KEPT_LINES): readonly string[] {
    return this.#lines.slice(-count)
  }

  /** Returns the last of them, as it was kept. */
  #keep(lines: readonly string[]): string | undefined {
    const kept = lines
      .map((line) => line.trimEnd().slice(0, MAX_LINE_CHARS))
      .filter((line) => line !== '')
      .map((line) => redactLine(line, this.#hasHeard))
    if (kept.length === 0) return undefined
    this.#lines.push(...kept)
    this.#lines.splice(0, Math.max(0, this.#lines.length - KEPT_LINES))
    this.#write(`${kept.join('\n')}\n`)
    return kept.at(-1)
  }

  // At once, so that a crash of ours loses nothing; there are few lines. A full disk costs only
  // the file.
  #write(text: string): void {
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      if (this.#bytes + text.length > FILE_BYTES) this.#rotate()
      appendFileSync(this.#file(0), text, { mode: 0o600 })
      this.#bytes += Buffer.byteLength(text)
    } catch {
      return
    }
  }

  #rotate(): void {
    for (let number = FILES - 1; number > 0; number -= 1) {
      if (sizeOf(this.#file(number - 1)) > 0) {
        renameSync(this.#file(number - 1), this.#file(number))
      }
    }
    this.#bytes = 0
  }

  #file(number: number): string {
    return join(this.#folder, number === 0 ? 'sidecar.log' : `sidecar.${number}.log`)
  }
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size
  } catch {
    return 0
  }
}
