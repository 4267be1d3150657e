// For tests: a clipboard in memory, and a real X server with real windows and a real clipboard.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clipboard, type Content, textOnly } from './clipboard'
import { type Run, runWith } from './run'

export class MemoryClipboard implements Clipboard {
  content: Content
  /** For how many more calls another program has the clipboard open. */
  held = 0

  constructor(content: Content = textOnly('')) {
    this.content = content
  }

  async read(): Promise<Content> {
    this.#refuseWhileHeld()
    return this.content
  }

  async write(content: Content): Promise<void> {
    this.#refuseWhileHeld()
    this.content = { ...content, others: [] }
  }

  #refuseWhileHeld(): void {
    if (this.held === 0) return
    this.held -= 1
    throw new Error('held by another program')
  }
}

/** What is missing for tests in real windows; empty: nothing. */
export function missingForX11(
  programs: readonly string[] = ['Xvfb', 'xdotool', 'xclip', 'xterm', 'xprop'],
): readonly string[] {
  return programs.filter((program) => spawnSync('which', [program]).status !== 0)
}

export interface Window {
  /** All that was typed or pasted into it so far. */
  text(): Promise<string>
}

/** An X server without a screen. */
export class Display {
  readonly env: NodeJS.ProcessEnv
  readonly run: Run
  readonly #folder: string
  readonly #children: ChildProcess[]

  private constructor(server: ChildProcess, folder: string, name: string) {
    this.#children = [server]
    this.#folder = folder
    this.env = { ...process.env, DISPLAY: name, WAYLAND_DISPLAY: undefined, LC_ALL: 'C.UTF-8' }
    // A busy machine may take its time; the limit of 3 s is for people who wait.
    const run = runWith(this.env)
    this.run = (program, args, options) => run(program, args, { timeoutMs: 30_000, ...options })
  }

  static async open(args: readonly string[] = []): Promise<Display> {
    const folder = await mkdtemp(join(tmpdir(), 'sotto-x11-'))
    const stdio = ['ignore', 'ignore', 'ignore', 'pipe'] as const
    const server = spawn('Xvfb', ['-displayfd', '3', '-nolisten', 'tcp', '-noreset', ...args], {
      stdio: [...stdio],
    })
    const number = await firstLine(server.stdio[3])
    return new Display(server, folder, `:${number}`)
  }

  /** A window that pastes the clipboard at one keystroke, as xterm writes it. It has the focus. */
  async window(windowClass: string, pasteKey: string): Promise<Window> {
    const file = join(this.#folder, `${windowClass}-${this.#children.length}`)
    const translations = `*VT100.translations: #override ${pasteKey}: insert-selection(CLIPBOARD)`
    const shell = ['sh', '-c', 'stty raw -echo && exec cat > "$0"', file]
    const args = [
      '-u8',
      '-class',
      windowClass,
      '-name',
      windowClass,
      '-xrm',
      translations,
      '-e',
      ...shell,
    ]
    this.#children.push(spawn('xterm', args, { env: this.env, stdio: 'ignore' }))
    await this.#focus(windowClass)
    return { text: () => readFile(file, 'utf8').catch(() => '') }
  }

  async #focus(windowClass: string): Promise<void> {
    const search = ['search', '--sync', '--onlyvisible', '--class', windowClass]
    const found = await this.run('xdotool', [...search, 'windowfocus', '--sync'])
    if (found.kind !== 'ended' || found.code !== 0) throw new Error(`no window ${windowClass}`)
  }

  async close(): Promise<void> {
    for (const child of this.#children.reverse()) {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode === null && child.kill()) await ended
    }
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** The clipboard of an X server. xclip offers one format at a time. */
export class XClipboard implements Clipboard {
  readonly #env: NodeJS.ProcessEnv
  readonly #run: Run

  constructor(display: Display) {
    this.#env = display.env
    this.#run = display.run
  }

  async read(): Promise<Content> {
    const targets = await this.#run('xclip', ['-o', '-selection', 'clipboard', '-t', 'TARGETS'])
    const names = targets.kind === 'ended' ? targets.out.split('\n') : []
    const has = (name: string) => names.includes(name)
    const image = has('image/png') ? await this.#get('image/png') : Buffer.alloc(0)
    const text = has('UTF8_STRING') ? (await this.#get('UTF8_STRING')).toString('utf8') : ''
    return { ...textOnly(text), image: new Uint8Array(image) }
  }

  async write(content: Content): Promise<void> {
    const isImage = content.image.length > 0
    const format = isImage ? 'image/png' : 'UTF8_STRING'
    const data = isImage ? content.image : Buffer.from(content.text)
    const xclip = spawn('xclip', ['-i', '-selection', 'clipboard', '-t', format], {
      env: this.#env,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    xclip.stdin.end(data)
    await new Promise((resolve) => xclip.once('exit', resolve)) // what serves it has forked
  }

  #get(format: string): Promise<Buffer> {
    const args = ['-o', '-selection', 'clipboard', '-t', format]
    const xclip = spawn('xclip', args, { env: this.#env, stdio: ['ignore', 'pipe', 'ignore'] })
    const chunks: Buffer[] = []
    xclip.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    return new Promise((resolve) => xclip.once('close', () => resolve(Buffer.concat(chunks))))
  }
}

function firstLine(stream: unknown): Promise<string> {
  const readable = stream as NodeJS.ReadableStream
  return new Promise((resolve, reject) => {
    let text = ''
    readable.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('\n')) resolve(text.trim())
    })
    readable.on('end', () => reject(new Error('the X server did not start')))
  })
}
