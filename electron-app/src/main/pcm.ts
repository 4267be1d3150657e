// Audio as it goes to the sidecar: mono PCM at 16 kHz, 16 bits, little endian.

export const RATE_HZ = 16_000
export const SAMPLE_BYTES = 2
export const BYTES_PER_MS = (RATE_HZ / 1000) * SAMPLE_BYTES

const HEADER_BYTES = 44

/** The 44 bytes before so many bytes of PCM in a WAV file. */
export function wavHeader(pcmBytes: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(HEADER_BYTES - 8 + pcmBytes, 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16) // size of what describes the format
  header.writeUInt16LE(1, 20) // PCM
  header.writeUInt16LE(1, 22) // channels
  header.writeUInt32LE(RATE_HZ, 24)
  header.writeUInt32LE(RATE_HZ * SAMPLE_BYTES, 28)
  header.writeUInt16LE(SAMPLE_BYTES, 32)
  header.writeUInt16LE(8 * SAMPLE_BYTES, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(pcmBytes, 40)
  return header
}

/** PCM as a WAV file. */
export function wavOf(pcm: Uint8Array): Buffer {
  return Buffer.concat([wavHeader(pcm.byteLength), pcm])
}

/** The PCM of a WAV file that was written here, also where its end is missing. */
export function pcmOf(wav: Buffer): Buffer {
  const pcm = wav.subarray(HEADER_BYTES)
  return pcm.subarray(0, pcm.length - (pcm.length % SAMPLE_BYTES))
}
