// For tests: a program of its own that watches keys. Each line that it reads is an accelerator to
// watch, or `stop`; it says what came of it. It ends once there is nothing more to read.

import { createInterface } from 'node:readline'
import { type Run, runWith } from '../insertion/run'
import { SystemKeyRelease } from './key-release'

const PATIENCE_MS = 30_000 // a busy machine may take its time

async function main(): Promise<void> {
  const patient: Run = (program, args) =>
    runWith(process.env)(program, args, { timeoutMs: PATIENCE_MS })
  const release = new SystemKeyRelease({
    platform: process.platform,
    env: process.env,
    run: patient,
    isTrusted: () => process.env['SOTTO_TEST_TRUSTED'] !== 'no',
  })
  say(`prepared ${await release.prepare()}`)
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'stop') {
      release.stop()
      say('stopped')
    } else {
      say(`watching ${release.watch(line, () => say('released'))}`)
    }
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

void main()
