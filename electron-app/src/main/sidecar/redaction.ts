// What of a log line may be kept: nothing that could be a spoken text, a key or a person's path.

import { homedir, userInfo } from 'node:os'
import { isMap } from '../../shared/protocol'

const TOKEN = /^[A-Za-z0-9][A-Za-z0-9._/:$-]{0,63}$/
const PLACE = /^[\w.-]+:\d+ [\w.<>]+$/
// Lines of the interpreter that are not JSON, and say where it was, not what it had.
const TRACES: readonly RegExp[] = [
  /^(Fatal Python error|Windows fatal exception): [\w ()]+$/,
  /^(Current thread|Thread) 0x[0-9a-f]+ \(.*most recent call first\):$/,
  /^Traceback \(most recent call last\):$/,
  /^ {2}File ".*", line \d+( in \S+|, in \S+)$/,
  /^(Segmentation fault|Aborted|Killed|Bus error|Illegal instruction)( \(core dumped\))?$/,
]
const KEY_CHARS = 32
const RAISED = /^([A-Z]\w*(?:Error|Exception|Exit|Interrupt))(: .*)?$/

/**
 * A line of the sidecar's stderr as it may be kept. Before a sidecar is ready it has heard
 * nothing, so that its sentences are kept, too; afterwards only what has a known form is.
 */
export function redactLine(line: string, hasHeard: boolean): string {
  const entry = parsedEntry(line)
  if (entry !== undefined) return JSON.stringify(redactEntry(entry))
  if (!hasHeard) return withoutSecrets(line)
  if (TRACES.some((trace) => trace.test(line))) return withoutSecrets(line)
  const raised = RAISED.exec(line)
  if (raised !== null) return `${raised[1]}: -`
  return `(a line of ${line.length} characters)`
}

/** A sentence without keys, and without where things are on this machine. */
export function withoutSecrets(text: string): string {
  return withoutPerson(text).replace(
    /(["'])((?:~|[A-Za-z]:)?[\\/].*?)\1|[^\s"']+/g,
    (word: string, quote?: string, path?: string) =>
      quote === undefined || path === undefined
        ? withoutSecret(word)
        : quote + namedOnly(path) + quote,
  )
}

function redactEntry(entry: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(entry)
      .filter(([name]) => TOKEN.test(name))
      .map(([name, value]) => [name, redactFact(value)]),
  )
}

function redactFact(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => (isPlace(item) ? item : '-'))
  return typeof value === 'string' && TOKEN.test(value) ? withoutSecrets(value) : '-'
}

function isPlace(value: unknown): boolean {
  return typeof value === 'string' && PLACE.test(value) && value.length <= 128
}

function parsedEntry(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const entry: unknown = JSON.parse(line)
    return isMap(entry) && typeof entry['ev'] === 'string' ? entry : undefined
  } catch {
    return undefined
  }
}

// A path with a person's name and spaces in it would come apart otherwise.
const HOME = homedir()
const PERSON = userInfo().username

function withoutPerson(text: string): string {
  const withoutHome = HOME.length > 1 ? text.replaceAll(HOME, '~') : text
  return PERSON.length > 3 ? withoutHome.replaceAll(PERSON, '<user>') : withoutHome
}

/** A word without spaces: keys are long, and paths have separators. */
function withoutSecret(word: string): string {
  if (/^[([{=]*(?:~|[A-Za-z]:)?[\\/]/.test(word)) return namedOnly(word)
  if (word.length >= KEY_CHARS) return '<long>'
  return word.replace(/(?:~|[A-Za-z]:)?[\\/].*/, namedOnly)
}

/** Of a program's own files their names stay, of others nothing. */
function namedOnly(path: string): string {
  const name = /[\\/]([\w.-]+\.(?:py|so[\d.]*|dll|dylib|pyd))$/.exec(path)?.[1]
  return name === undefined ? '<path>' : `<path>/${name}`
}
