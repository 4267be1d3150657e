// `npm run web`: starts the host, prints its link, and ends it in order.

import { fstatSync } from 'node:fs'
import { join } from 'node:path'
import { version } from '../../package.json'
import { locateSidecar } from '../main/sidecar/locate'
import { Supervisor } from '../main/sidecar/supervisor'
import { builtPage, startWebHost, type WebHost } from './host'
import { type Options, readOptions, USAGE } from './options'

const EXIT_USAGE = 64
const EXIT_FAILED = 1

async function main(): Promise<void> {
  const options = chosen()
  if (options === 'help') {
    process.stdout.write(`${USAGE}\n`)
    return
  }
  const host = await start(options)
  process.stdout.write(`${host.link}\n`)
  await leaveWhenAsked(host)
}

function chosen(): Options | 'help' {
  try {
    return readOptions(process.argv.slice(2), process.env)
  } catch (error) {
    return fail(`${sentenceOf(error)}\n\n${USAGE}`, EXIT_USAGE)
  }
}

async function start({ port, settings, ownFolder }: Options): Promise<WebHost> {
  const supervisor = new Supervisor({
    locate: () =>
      locateSidecar({
        env: process.env,
        resourcesPath: undefined,
        from: import.meta.dirname,
      }),
    logDir: join(ownFolder, 'logs'),
    client: { name: 'sotto-web', version },
    settings,
  })
  try {
    const folder = builtPage()
    return await startWebHost({ supervisor, folder, port, version, ownFolder, unexpected })
  } catch (error) {
    return fail(sentenceOf(error), EXIT_FAILED)
  }
}

/** A parent that ends closes our stdin. A terminal or /dev/null says nothing by that. */
function leaveWhenAsked(host: WebHost): Promise<void> {
  return new Promise((resolve) => {
    const leave = () => {
      process.stdin.destroy()
      void host.stop().finally(resolve)
    }
    process.once('SIGINT', leave)
    process.once('SIGTERM', leave)
    if (isPipe(0)) process.stdin.once('end', leave).resume()
  })
}

function isPipe(descriptor: number): boolean {
  try {
    const kind = fstatSync(descriptor)
    return kind.isFIFO() || kind.isSocket()
  } catch {
    return false // it is closed
  }
}

function unexpected(id: string, doing: string, error: unknown): void {
  const stack = error instanceof Error ? error.stack : String(error)
  process.stderr.write(`${JSON.stringify({ level: 'error', id, doing, stack })}\n`)
}

function sentenceOf(error: unknown): string {
  if (isTaken(error)) return 'This port is taken: choose another one with --port.'
  return error instanceof Error ? error.message : String(error)
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}

function fail(sentence: string, code: number): never {
  process.stderr.write(`${sentence}\n`)
  process.exit(code)
}

void main()
