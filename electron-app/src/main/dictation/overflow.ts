// Where audio goes that is too much to keep in memory: a file that nobody else can open.

import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A piece of audio, wherever it is. */
export interface Stored {
  readonly bytes: number
  read(): Uint8Array
  /** It is not needed any more. */
  forget(): void
}

/** A piece that is in memory. */
export function inMemory(pcm: Uint8Array): Stored {
  return { bytes: pcm.length, read: () => pcm, forget: () => {} }
}

/** Keeps pieces in a temporary file that begins anew whenever none of them is needed. */
export class Overflow {
  #file: { readonly folder: string; readonly fd: number } | null = null
  #endByte = 0
  #pieces = 0

  /** Throws what the file system throws; nothing is kept then. */
  put(pcm: Uint8Array): Stored {
    this.#file ??= openPrivately()
    const { fd } = this.#file
    const at = this.#endByte
    for (let done = 0; done < pcm.length; ) {
      done += writeSync(fd, pcm, done, pcm.length - done, at + done)
    }
    this.#endByte += pcm.length
    this.#pieces += 1
    return {
      bytes: pcm.length,
      read: () => readAll(fd, at, pcm.length),
      forget: () => this.#forgetOne(fd),
    }
  }

  /** Delete the file. */
  close(): void {
    if (this.#file === null) return
    closeSync(this.#file.fd)
    rmSync(this.#file.folder, { recursive: true, force: true })
    this.#file = null
  }

  #forgetOne(fd: number): void {
    this.#pieces -= 1
    if (this.#pieces > 0 || this.#file === null) return
    ftruncateSync(fd)
    this.#endByte = 0
  }
}

function openPrivately(): { folder: string; fd: number } {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-')) // mode 0700
  const path = join(folder, 'audio.pcm')
  const fd = openSync(path, 'wx+', 0o600)
  try {
    rmSync(path) // without a name it is gone when this process is, whatever ends that
  } catch {
    // A system that does not let go of open files: `close` deletes it.
  }
  return { folder, fd }
}

function readAll(fd: number, at: number, bytes: number): Uint8Array {
  const pcm = new Uint8Array(bytes)
  for (let done = 0; done < bytes; ) {
    const read = readSync(fd, pcm, done, bytes - done, at + done)
    if (read === 0) throw new Error('audio that was put aside is not there any more')
    done += read
  }
  return pcm
}
