// The bridge to the web host: one WebSocket, opened again when it breaks.

import { CLOSE, type HostFrame, type PageFrame, tagged, untagged } from '../../shared/frames'
import type {
  AppError,
  Bridge,
  DictationId,
  Invocation,
  Invocations,
  Push,
  Pushes,
} from '../../shared/ipc'

/** As much of a browser's WebSocket as is used here. Binary frames come as ArrayBuffer. */
export interface Socket {
  send(data: string | Uint8Array<ArrayBuffer>): void
  onopen: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number }) => void) | null
}

/** What the bridge needs of the browser. */
export interface Surroundings {
  /** From the link that the host printed; null where the page was opened without. */
  readonly token: string | null
  openSocket(): Socket
  /** The key that the host gave, kept for reloads and further tabs. */
  loadKey(): string | null
  saveKey(key: string): void
  /** Rejects where the browser does not allow it. */
  writeClipboard(text: string): Promise<void>
}

interface Call {
  readonly settle: (value: unknown) => void
  readonly fail: (error: AppError) => void
  bytes?: { readonly whole: Uint8Array<ArrayBuffer>; filled: number }
}

type Listener = (payload: never) => void

const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 5_000

const GONE: AppError = {
  kind: 'SIDECAR_DOWN',
  message: 'The web host does not answer. Start it again; this page then goes on by itself.',
  retryable: true,
}
const NOT_ADMITTED: AppError = {
  kind: 'UNAUTHORIZED',
  message: 'The web host does not know this page. Open the link that it printed when it started.',
  retryable: false,
}

export class WebBridge implements Bridge {
  readonly #surroundings: Surroundings
  readonly #listeners = new Map<Push, Set<Listener>>()
  readonly #calls = new Map<number, Call>()
  readonly #dictations = new Set<DictationId>()
  /** What was asked before the first welcome. */
  #early: string[] = []
  #socket: Socket | null = null
  /** Why calls are refused just now; null while they are served, or wait for the first welcome. */
  #refusal: AppError | null = null
  #isWelcome = false
  #nextId = 0
  #attempt = 0
  #triedKey: string | null = null

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
    this.#connect()
  }

  invoke<C extends Invocation>(
    channel: C,
    ...args: Parameters<Invocations[C]>
  ): Promise<ReturnType<Invocations[C]>> {
    if (this.#refusal !== null) return Promise.reject(this.#refusal)
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      const settle = (value: unknown) => {
        if (channel === 'dictation:open') this.#dictations.add(value as DictationId)
        resolve(value as ReturnType<Invocations[C]>)
      }
      this.#calls.set(id, { settle, fail: reject })
      this.#send({ t: 'invoke', id, channel, args })
    })
  }

  on<P extends Push>(channel: P, listener: (payload: Pushes[P]) => void): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set()
    this.#listeners.set(channel, listeners.add(listener))
    return () => listeners.delete(listener)
  }

  /** Chunks of a dictation whose host is gone go nowhere: the dictation was told to have ended. */
  push(dictation: DictationId, pcm: ArrayBuffer): void {
    if (this.#dictations.has(dictation)) {
      this.#socket?.send(tagged(dictation, new Uint8Array(pcm)))
    }
  }

  /** Another tab may have been given a key that this one can use. */
  retry(): void {
    if (this.#surroundings.loadKey() !== this.#triedKey) this.#connect()
  }

  #connect(): void {
    if (this.#socket !== null) return
    const socket = this.#surroundings.openSocket()
    this.#socket = socket
    socket.onopen = () => {
      this.#triedKey = this.#surroundings.loadKey()
      const hello: PageFrame = {
        t: 'hello',
        token: this.#surroundings.token,
        key: this.#triedKey,
      }
      socket.send(JSON.stringify(hello))
    }
    socket.onmessage = ({ data }) => {
      if (typeof data === 'string') this.#read(JSON.parse(data) as HostFrame)
      else this.#readBytes(new Uint8Array(data as ArrayBuffer))
    }
    socket.onclose = ({ code }) => this.#onClose(code)
  }

  #send(frame: PageFrame): void {
    const text = JSON.stringify(frame)
    if (this.#isWelcome) this.#socket?.send(text)
    else this.#early.push(text)
  }

  #read(frame: HostFrame): void {
    switch (frame.t) {
      case 'welcome':
        this.#onWelcome(frame.key)
        break
      case 'answer':
        this.#take(frame.id)?.settle(frame.ok)
        break
      case 'refused':
        this.#take(frame.id)?.fail(frame.error)
        break
      case 'bytes':
        this.#expectBytes(frame.id, frame.total)
        break
      case 'push':
        this.#tell(frame.channel, frame.payload)
        break
      case 'copy':
        void this.#copy(frame.id, frame.text)
    }
  }

  #onWelcome(key: string): void {
    this.#surroundings.saveKey(key)
    this.#attempt = 0
    this.#isWelcome = true
    this.#refusal = null
    for (const text of this.#early) this.#socket?.send(text)
    this.#early = []
  }

  #onClose(code: number): void {
    this.#socket = null
    this.#isWelcome = false
    this.#early = []
    const isUnknown = code === CLOSE.UNAUTHORIZED
    this.#refusal = isUnknown ? NOT_ADMITTED : GONE
    for (const id of [...this.#calls.keys()]) this.#take(id)?.fail(this.#refusal)
    for (const dictation of [...this.#dictations]) this.#end(dictation, this.#refusal)
    if (isUnknown) this.#tell('sidecar:status', { state: 'failed', error: NOT_ADMITTED })
    else this.#connectLater()
  }

  #connectLater(): void {
    const retryInMs = Math.min(FIRST_WAIT_MS * 2 ** this.#attempt, LONGEST_WAIT_MS)
    this.#attempt += 1
    this.#tell('sidecar:status', { state: 'restarting', attempt: this.#attempt, retryInMs })
    setTimeout(() => this.#connect(), retryInMs)
  }

  /** The host keeps what was said among the interrupted recordings. */
  #end(dictation: DictationId, error: AppError): void {
    this.#tell('dictation', { dictation, event: { kind: 'trouble', error } })
    this.#tell('dictation', { dictation, event: { kind: 'ended', outcome: 'failed' } })
  }

  #tell<P extends Push>(channel: P, payload: Pushes[P]): void {
    if (channel === 'dictation') {
      const { dictation, event } = payload as Pushes['dictation']
      if (event.kind === 'ended') this.#dictations.delete(dictation)
    }
    for (const listener of this.#listeners.get(channel) ?? []) listener(payload as never)
  }

  #take(id: number): Call | undefined {
    const call = this.#calls.get(id)
    this.#calls.delete(id)
    return call
  }

  #expectBytes(id: number, total: number): void {
    const call = this.#calls.get(id)
    if (call === undefined) return
    call.bytes = { whole: new Uint8Array(total), filled: 0 }
    if (total === 0) this.#take(id)?.settle(call.bytes.whole)
  }

  #readBytes(frame: Uint8Array): void {
    const piece = untagged(frame)
    const bytes = piece === null ? undefined : this.#calls.get(piece.number)?.bytes
    if (piece === null || bytes === undefined) return
    bytes.whole.set(piece.bytes, bytes.filled)
    bytes.filled += piece.bytes.length
    if (bytes.filled === bytes.whole.length) this.#take(piece.number)?.settle(bytes.whole)
  }

  async #copy(id: number, text: string): Promise<void> {
    const ok = await this.#surroundings.writeClipboard(text).then(
      () => true,
      () => false,
    )
    if (this.#isWelcome) this.#send({ t: 'copied', id, ok })
  }
}
