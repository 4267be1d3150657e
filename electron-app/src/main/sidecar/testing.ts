// A real sidecar for tests, with folders of its own that are gone afterwards.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SidecarStatus } from '../../shared/ipc'
import type { SidecarClient } from './client'
import type { Environment } from './environment'
import { locateSidecar } from './locate'
import type { Program, SidecarSettings } from './process'
import { Supervisor } from './supervisor'

export const CHECKOUT = join(program().path, '../../..') // of .venv/bin/python
const ENGINES = join(CHECKOUT, 'tests', 'data', 'engines')

export interface TestOptions {
  /** Dictate to the scripted engine: hotwords say what it does (sidecar/testing/scripted.py). */
  readonly scripted?: boolean
  readonly settings?: SidecarSettings
  readonly env?: Environment
  /** Another program in the sidecar's place. */
  readonly program?: Program
}

export interface TestSidecar {
  readonly supervisor: Supervisor
  /** Its private folder; the sidecar's own are `data` and `run` in there, its log `log`. */
  readonly folder: string
  /** Waits until it is ready. */
  client(): Promise<SidecarClient>
  /** A hotword after which a script goes on only so many times, whichever process tries. */
  fuse(name: string, times?: number): string
  /** End it and delete its folder. */
  stop(): Promise<void>
}

/** Start one. Call `stop` in the end, whatever happens. */
export function startSidecar(options: TestOptions = {}): TestSidecar {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-test-'))
  const supervisor = new Supervisor({
    locate: () => options.program ?? program(),
    logDir: join(folder, 'log'),
    client: { name: 'sotto-test', version: '0' },
    settings: {
      data_dir: join(folder, 'data'),
      runtime_dir: join(folder, 'run'),
      ...(options.scripted && { engine: 'scripted' }),
      ...options.settings,
    },
    extraEnv: { ...(options.scripted && scriptedEnvironment(folder)), ...options.env },
  })
  supervisor.start()
  return {
    supervisor,
    folder,
    client: () => supervisor.client(),
    fuse: (name, times = 1) => {
      for (let number = 0; number < times; number += 1) {
        writeFileSync(join(folder, number === 0 ? name : `${name}.${number}`), '')
      }
      return `fuse:${name}`
    },
    stop: async () => {
      await supervisor.stop()
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** The sidecar of this checkout, whatever SOTTO_SIDECAR says. */
export function program(): Program {
  return locateSidecar({ env: {}, resourcesPath: undefined, from: import.meta.dirname })
}

/** A Python program in the sidecar's place. */
export function python(script: string): Program {
  return { path: program().path, args: ['-P', '-c', script] }
}

function scriptedEnvironment(folder: string): Environment {
  return { PYTHONPATH: ENGINES, SOTTO_FUSES: folder }
}

/** All states that it takes from now on. */
export function record(supervisor: Supervisor): readonly SidecarStatus[] {
  const told: SidecarStatus[] = []
  supervisor.onStatus((status) => told.push(status))
  return told
}

/** Resolves when it is, or is already, in that state. */
export function until(supervisor: Supervisor, state: SidecarStatus['state']): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (supervisor.status.state !== state) return
      off()
      resolve()
    }
    const off = supervisor.onStatus(look)
    look()
  })
}

/** The next client. */
export function nextClient(supervisor: Supervisor): Promise<SidecarClient> {
  return new Promise((resolve) => {
    const off = supervisor.onClient((client) => {
      off()
      resolve(client)
    })
  })
}

/** Whether a process runs; one that nobody has waited for yet does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

const SPEECH = `
import sys, soundfile
samples, rate_hz = soundfile.read(sys.argv[1], dtype="int16", frames=int(float(sys.argv[2]) * 16000))
assert rate_hz == 16000 and samples.ndim == 1
sys.stdout.buffer.write(samples.astype("<i2").tobytes())
`

/** The first seconds of the demo clip, in which a voice speaks: mono PCM, 16 kHz, 16 bits. */
export function speech(seconds = 3.7): Uint8Array {
  const clip = join(CHECKOUT, 'sidecar', 'cli', 'data', 'demo.flac')
  const pcm = execFileSync(program().path, ['-c', SPEECH, clip, String(seconds)], {
    maxBuffer: 64 * 1024 * 1024,
  })
  return new Uint8Array(pcm)
}

/** Silence, in the same form. */
export function silence(seconds: number): Uint8Array {
  return new Uint8Array(Math.round(seconds * 16_000) * 2)
}
