import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, expect, test, vi } from 'vitest'
import { BYTES_PER_MS } from '../pcm'
import { Outbox } from './outbox'

vi.setConfig({ testTimeout: 30_000 }) // for a machine that has much else to do

const CHUNK_MS = 100
const made: Outbox[] = []

afterEach(() => {
  for (const outbox of made.splice(0)) outbox.close()
})

function outboxOf(nChunks: number, mostInMemory?: number): Outbox {
  const outbox = new Outbox((error) => expect.unreachable(String(error)), mostInMemory)
  made.push(outbox)
  for (let n = 0; n < nChunks; n += 1) outbox.add(chunk(n))
  return outbox
}

/** 100 ms that say which they are, in every sample. */
function chunk(n: number): Uint8Array {
  return new Uint8Array(new Int16Array((CHUNK_MS * BYTES_PER_MS) / 2).fill(n).buffer)
}

function sendAll(outbox: Outbox, limit = Number.POSITIVE_INFINITY): Uint8Array {
  const sent: Uint8Array[] = []
  for (let pcm = outbox.due(limit); pcm !== null; pcm = outbox.due(limit)) {
    sent.push(pcm)
    outbox.advance()
  }
  return Buffer.concat(sent)
}

function chunks(from: number, to: number): Buffer {
  return Buffer.concat(Array.from({ length: to - from }, (_, n) => chunk(from + n)))
}

function folders(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => /^sotto-\w{6}$/.test(name))
}

test('chunks leave in order, and only as far as there is credit', () => {
  const outbox = outboxOf(5)

  const first = sendAll(outbox, 2)
  const wasSent = outbox.isSent
  const rest = sendAll(outbox)

  expect([first, rest]).toEqual([chunks(0, 2), chunks(2, 5)])
  expect([wasSent, outbox.isSent, outbox.sent]).toEqual([false, true, 5])
})

test('another stream hears what follows the boundary, to the sample', () => {
  const outbox = outboxOf(5)
  sendAll(outbox)

  outbox.settle(192 * BYTES_PER_MS)
  outbox.rewind()

  expect(outbox.sent).toBe(0)
  expect(sendAll(outbox)).toEqual(chunks(0, 5).subarray(192 * BYTES_PER_MS))
})

test('a boundary at the end of a chunk leaves the next one whole', () => {
  const outbox = outboxOf(3)
  sendAll(outbox)

  outbox.settle(200 * BYTES_PER_MS)
  outbox.rewind()

  expect(sendAll(outbox)).toEqual(chunks(2, 3))
})

test('what is said after a boundary and while nobody listens is heard after it', () => {
  const outbox = outboxOf(3)
  sendAll(outbox)
  outbox.settle(250 * BYTES_PER_MS)
  outbox.add(chunk(3))
  outbox.rewind()
  outbox.add(chunk(4))

  expect(sendAll(outbox)).toEqual(chunks(0, 5).subarray(250 * BYTES_PER_MS))
})

test('a second sidecar may be lost as well', () => {
  const outbox = outboxOf(4)
  sendAll(outbox)
  outbox.settle(150 * BYTES_PER_MS)
  outbox.rewind()
  sendAll(outbox)
  outbox.settle(320 * BYTES_PER_MS)
  outbox.rewind()

  expect(sendAll(outbox)).toEqual(chunks(0, 4).subarray(320 * BYTES_PER_MS))
  expect(outbox.endByte).toBe(400 * BYTES_PER_MS)
})

test('the same stream goes on with the chunk that did not arrive', () => {
  const outbox = outboxOf(6)
  sendAll(outbox)
  outbox.settle(200 * BYTES_PER_MS)

  outbox.resume(4)

  expect(sendAll(outbox)).toEqual(chunks(4, 6))
  expect(outbox.sent).toBe(6)
})

test('what the sidecar does not have is what was not acknowledged, and not final', () => {
  const outbox = outboxOf(4)
  sendAll(outbox, 3)
  outbox.acknowledge(2)
  const unacknowledged = Buffer.concat([...outbox.unacknowledged()])
  outbox.settle(150 * BYTES_PER_MS)
  outbox.rewind()

  expect(unacknowledged).toEqual(chunks(2, 4))
  expect(Buffer.concat([...outbox.unacknowledged()])).toEqual(
    chunks(0, 4).subarray(150 * BYTES_PER_MS),
  )
})

test('what is too much for memory goes through a file that has no name', () => {
  const before = folders()
  const outbox = outboxOf(10, 3 * CHUNK_MS * BYTES_PER_MS)
  const during = folders()

  const sent = sendAll(outbox)
  outbox.settle(950 * BYTES_PER_MS)
  outbox.rewind()
  const again = sendAll(outbox)
  outbox.settle(1000 * BYTES_PER_MS)
  outbox.add(chunk(10))
  outbox.add(chunk(11))
  const later = sendAll(outbox)
  outbox.close()

  expect(sent).toEqual(chunks(0, 10))
  expect(again).toEqual(chunks(9, 10).subarray(50 * BYTES_PER_MS))
  expect(later).toEqual(chunks(10, 12))
  expect(during.length).toBe(before.length + 1)
  expect(folders()).toEqual(before)
})

test.skipIf(process.platform === 'win32')(
  'where the disk takes nothing all stays in memory, and that is told once',
  () => {
    const troubles: unknown[] = []
    const folder = process.env['TMPDIR']
    process.env['TMPDIR'] = '/dev/null'
    const outbox = new Outbox((error) => troubles.push(error), 0)
    try {
      for (let n = 0; n < 3; n += 1) outbox.add(chunk(n))
    } finally {
      if (folder === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = folder
    }

    expect(sendAll(outbox)).toEqual(chunks(0, 3))
    expect(troubles.length).toBe(1)
  },
)

test('what is said while the rest is put away is put away as well', () => {
  const outbox = outboxOf(3)
  const taken: Uint8Array[] = []

  for (const pcm of outbox.unacknowledged()) {
    taken.push(pcm)
    if (taken.length < 3) outbox.add(chunk(2 + taken.length))
  }

  expect(Buffer.concat(taken)).toEqual(chunks(0, 5))
})
