// What the fake microphone plays: mono PCM at 16 kHz. It plays its file over and over, from the
// start in each recording.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { RATE_HZ } from '../../src/main/pcm'
import { CHECKOUT, python } from './checkout'

/** No test waits for so long that it would hear the file begin again. */
const REST_S = 240

/** The beginning of the demo clip. */
export function speech(seconds = 2): Uint8Array {
  return decoded(join(CHECKOUT, 'sidecar', 'cli', 'data', 'demo.flac'), seconds)
}

/** As microphones give it: never quite zero, which would be taken for one that is dead. */
export function silence(seconds: number): Uint8Array {
  const samples = Int16Array.from(
    { length: Math.round(seconds * RATE_HZ) },
    (_, at) => (at * 7) % 5,
  )
  return new Uint8Array(samples.buffer)
}

export function zeros(seconds: number): Uint8Array {
  return new Uint8Array(Math.round(seconds * RATE_HZ) * 2)
}

export function oneSentence(): Uint8Array {
  return joined(speech(), silence(REST_S))
}

/** As long as these, with pauses between them, so that each becomes a segment of its own. */
export function sentences(...lengthsS: readonly number[]): Uint8Array {
  const spoken = lengthsS.map((seconds) => joined(speech(seconds), silence(1.3)))
  return joined(...spoken, silence(REST_S))
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

/** A person's voice. The recordings are no part of the repository; null where they are not here. */
export function realSpeech(name: string): Uint8Array | null {
  const folder = process.env['SOTTO_SPEECH'] ?? join(CHECKOUT, '..', 'shared', 'speech')
  const file = join(folder, name)
  return existsSync(file) ? joined(decoded(file), silence(REST_S)) : null
}

/** All of an audio file. */
export function clip(file: string): Uint8Array {
  return decoded(file)
}

const DECODE = `
import sys, numpy
from pathlib import Path
from sidecar.audio.files import open_audio
with open_audio(Path(sys.argv[1])) as audio:
    samples = numpy.concatenate(list(audio.blocks()))[: int(float(sys.argv[2]) * 16000)]
sys.stdout.buffer.write((numpy.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
`

function decoded(file: string, seconds = 3600): Uint8Array {
  return new Uint8Array(python(DECODE, file, String(seconds)))
}
