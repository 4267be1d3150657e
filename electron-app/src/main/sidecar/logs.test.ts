import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import { expect, onTestFinished, test } from 'vitest'
import { SidecarLog } from './logs'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'sotto-test-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

/** Have it follow a stream that says these pieces and ends. */
async function say(log: SidecarLog, ...pieces: string[]): Promise<void> {
  const stderr = new PassThrough()
  log.follow(stderr)
  for (const piece of pieces) stderr.write(piece)
  stderr.end()
  await finished(stderr, { writable: false }).catch(() => undefined)
  await new Promise((resolve) => setImmediate(resolve))
}

test('lines come together from pieces, and the last one needs no end', async () => {
  const log = new SidecarLog(folder())

  await say(log, 'one\ntw', 'o\r\n\nthr', 'ee')

  expect(log.tail()).toEqual(['one', 'two', 'three'])
  expect(log.lastSaid).toBe('three')
})

test('only the last five hundred stay in memory', async () => {
  const log = new SidecarLog(folder())

  await say(log, Array.from({ length: 1200 }, (_, at) => `line ${at}\n`).join(''))

  expect(log.tail()).toHaveLength(500)
  expect(log.tail(1)).toEqual(['line 1199'])
})

test('a full file makes room for a new one; the oldest of five goes', async () => {
  const path = folder()
  const names = ['sidecar.log', ...[1, 2, 3, 4].map((number) => `sidecar.${number}.log`)]
  for (const name of names) writeFileSync(join(path, name), `${name}\n`)
  writeFileSync(join(path, 'sidecar.log'), 'x'.repeat(5 * 1024 * 1024 - 4))

  await say(new SidecarLog(path), 'new\n', 'newer\n')

  expect(readdirSync(path).sort()).toEqual(names.sort())
  expect(readFileSync(join(path, 'sidecar.log'), 'utf8')).toBe('newer\n')
  expect(statSync(join(path, 'sidecar.1.log')).size).toBe(5 * 1024 * 1024)
  expect(readFileSync(join(path, 'sidecar.4.log'), 'utf8')).toBe('sidecar.3.log\n')
})

test('files are for this user alone', async () => {
  const path = join(folder(), 'log')

  await say(new SidecarLog(path), 'x\n')

  if (process.platform === 'win32') return
  expect(statSync(path).mode & 0o077).toBe(0)
  expect(statSync(join(path, 'sidecar.log')).mode & 0o077).toBe(0)
})

test('what an earlier app wrote stays', async () => {
  const path = folder()
  writeFileSync(join(path, 'sidecar.log'), 'before\n')

  new SidecarLog(path).note('started')

  expect(readFileSync(join(path, 'sidecar.log'), 'utf8')).toMatch(/^before\n\{.*app-started/)
})

test('what was said after the sidecar could hear is not kept', async () => {
  const log = new SidecarLog(folder())
  const stderr = new PassThrough()
  log.follow(stderr)
  log.mayHear()
  stderr.end('heard: call my mother\n')
  await finished(stderr, { writable: false })

  expect(log.tail().join()).not.toContain('mother')
})

test('a folder that cannot be written costs the file, not the lines', async () => {
  const path = folder()
  writeFileSync(join(path, 'file'), '')
  const log = new SidecarLog(join(path, 'file', 'below'))

  await say(log, 'still here\n')

  expect(log.tail()).toEqual(['still here'])
})
