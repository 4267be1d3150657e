// Other programs, started by name and arguments: no shell ever sees a text.

import { type ChildProcess, spawn } from 'node:child_process'

export type RunResult =
  | { readonly kind: 'ended'; readonly code: number; readonly out: string; readonly err: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'late' }

export interface RunOptions {
  readonly timeoutMs?: number
  /** What the program reads from its standard input. */
  readonly input?: string
}

/** Runs a program to its end. Never rejects; after the time limit the program is killed. */
export type Run = (
  program: string,
  args: readonly string[],
  options?: RunOptions,
) => Promise<RunResult>

const TIMEOUT_MS = 3000
const MAX_OUTPUT_CHARS = 4096

/** The system did not even try. */
const NOT_STARTED: RunResult = { kind: 'ended', code: -1, out: '', err: '' }

/** Runs programs with the environment given, which decides where they are looked for. */
export function runWith(env: NodeJS.ProcessEnv): Run {
  return (program, args, options = {}) => {
    try {
      return ended(spawn(program, args, { env, shell: false, windowsHide: true }), options)
    } catch {
      return Promise.resolve(NOT_STARTED) // too large an environment, say, or no memory
    }
  }
}

/** Its streams are absent where no more files can be open. */
function ended(child: ChildProcess, options: RunOptions): Promise<RunResult> {
  return new Promise((resolve) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL')
      finish({ kind: 'late' })
    }, options.timeoutMs ?? TIMEOUT_MS)
    child.on('error', (error: NodeJS.ErrnoException) =>
      finish(error.code === 'ENOENT' ? { kind: 'missing' } : NOT_STARTED),
    )
    const out = collect(child.stdout)
    const err = collect(child.stderr)
    // `close`, not `exit`: what it wrote last may still be in the pipe.
    child.on('close', (code) => finish({ kind: 'ended', code: code ?? -1, out: out(), err: err() }))
    child.stdin?.on('error', () => {}) // it ended without reading; its exit code tells the rest
    child.stdin?.end(options.input ?? '')

    function finish(result: RunResult): void {
      clearTimeout(late)
      resolve(result)
    }
  })
}

function collect(stream: ChildProcess['stdout']): () => string {
  let text = ''
  stream?.setEncoding('utf8')
  stream?.on('data', (chunk: string) => {
    text = (text + chunk).slice(0, MAX_OUTPUT_CHARS)
  })
  return () => text.trim()
}
