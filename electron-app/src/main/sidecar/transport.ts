// One encrypted ZeroMQ socket to one run of the sidecar. The only importer of zeromq.

import { capability, context, curveKeyPair, Dealer } from 'zeromq'
import type { Frames } from '../../shared/codec'
import { LIMITS } from '../../shared/protocol'
import { SidecarError } from './errors'

// Otherwise a process with something unsent would never end by itself.
context.blocky = false

export interface KeyPair {
  readonly publicKey: string
  readonly secretKey: string
}

/** Where a sidecar listens, and the key that proves it is the one we started. */
export interface Address {
  readonly endpoint: string
  readonly serverKey: string
}

/** A new pair. Throws NOT_SUPPORTED where this build of ZeroMQ cannot encrypt. */
export function newKeyPair(): KeyPair {
  if (!capability.curve) {
    throw new SidecarError(
      'NOT_SUPPORTED',
      'This build of ZeroMQ cannot encrypt: install the zeromq package for this system again.',
    )
  }
  return curveKeyPair()
}

export interface TransportListeners {
  readonly onMessage: (frames: Frames) => void
  /** The connection is over, by what the other end did. Not told after `close`. */
  readonly onBreak: (why: SidecarError) => void
}

/** Never reconnects: the next sidecar has other keys, and a DEALER would replay old requests. */
export class Transport {
  readonly #socket: Dealer
  readonly #listeners: TransportListeners
  readonly #unsent: Frames[] = []
  #sending = false
  #taken = 0

  constructor(address: Address, keys: KeyPair, listeners: TransportListeners) {
    this.#listeners = listeners
    this.#socket = newSocket(address, keys)
    this.#watch()
    try {
      this.#socket.connect(address.endpoint)
    } catch (error) {
      this.close()
      throw new SidecarError('SIDECAR_RESTARTED', `No sidecar can be at that address: ${error}`)
    }
    void this.#receive()
  }

  /**
   * Frames leave in the order in which they come here. What waits is bounded by the limits on
   * calls that are pending, and by the credit of dictations.
   */
  send(frames: Frames): void {
    if (this.#socket.closed) return
    this.#unsent.push(frames)
    if (!this.#sending) void this.#send()
  }

  /** Harmless a second time. */
  close(): void {
    this.#unsent.length = 0
    if (!this.#socket.closed) this.#socket.close()
  }

  // A second send while one waits for room is refused by zeromq.js: hence one queue.
  async #send(): Promise<void> {
    this.#sending = true
    try {
      for (let next = this.#unsent.shift(); next !== undefined; next = this.#unsent.shift()) {
        await this.#socket.send([...next])
      }
    } catch {
      void this.#break(ended())
    } finally {
      this.#sending = false
    }
  }

  async #receive(): Promise<void> {
    try {
      for await (const frames of this.#socket) {
        this.#taken += 1
        this.#listeners.onMessage(frames)
        await nextTurn() // whoever awaited this message goes on before the next one is told
      }
    } catch {
      void this.#break(ended())
    }
  }

  #watch(): void {
    const { events } = this.#socket
    events.on('disconnect', () => void this.#break(ended()))
    events.on('close', () => void this.#break(ended()))
    events.on('handshake:error:auth', () => void this.#break(refused()))
    events.on('handshake:error:protocol', () => void this.#break(ended()))
    events.on('handshake:error:other', () => void this.#break(ended()))
  }

  async #break(why: SidecarError): Promise<void> {
    await this.#allTaken()
    if (this.#socket.closed) return
    this.close()
    this.#listeners.onBreak(why)
  }

  /** What the other end said before it left is in the socket still, and would go with it. */
  async #allTaken(): Promise<void> {
    let before: number
    do {
      before = this.#taken
      for (let turn = 0; turn < 3; turn += 1) await nextTurn()
    } while (this.#taken !== before)
  }
}

function newSocket(address: Address, keys: KeyPair): Dealer {
  return new Dealer({
    linger: 0,
    reconnectInterval: -1,
    maxMessageSize: LIMITS.max_frame_bytes,
    sendHighWaterMark: 1000,
    receiveHighWaterMark: 1000,
    handshakeInterval: 5000, // no heartbeats: see "The socket" in docs/protocol.md
    curveServerKey: address.serverKey,
    curvePublicKey: keys.publicKey,
    curveSecretKey: keys.secretKey,
  })
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function ended(): SidecarError {
  return new SidecarError(
    'SIDECAR_RESTARTED',
    'The connection to the sidecar ended before it answered: repeat the call.',
  )
}

function refused(): SidecarError {
  return new SidecarError(
    'UNAUTHORIZED',
    'The sidecar does not know our key, or is not the one that was started.',
  )
}
