// Who is let in.
//
// The link that the host prints ends in #token=..., which browsers send to nobody. The page's own
// script sends it as the first thing on its WebSocket, once: the host answers with a key and the
// token is void. The page keeps the key in localStorage, so that reloading and further tabs of
// this browser work until the host ends; the next host knows neither. Why no cookie: browsers
// send cookies to every port of 127.0.0.1, so any other program that serves a page there would
// be given it, and with cookies a WebSocket of a foreign page would be let in if the check of its
// origin ever failed. A key in a message is sent by nobody but our own page.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** 32 random bytes each, in characters that an address may have. */
const SECRET_BYTES = 32

export class Admission {
  readonly token = secret()
  readonly #key = secret()
  #isTokenVoid = false

  /** The key, for who has it already or brings the token for the first time; else null. */
  admit(key: unknown, token: unknown): string | null {
    if (isSame(key, this.#key)) return this.#key
    if (this.#isTokenVoid || !isSame(token, this.token)) return null
    this.#isTokenVoid = true
    return this.#key
  }
}

/**
 * Whether a request was made for this host, by its own page or by somebody who typed its address.
 * A name that leads to 127.0.0.1 by a trick of DNS is another Host; a foreign page another Origin.
 */
export function isOurs(headers: IncomingHttpHeaders, port: number): boolean {
  const host = `127.0.0.1:${port}`
  if (headers.host !== host) return false
  return headers.origin === undefined || headers.origin === `http://${host}`
}

function secret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url')
}

/** Takes as long whatever differs. */
function isSame(given: unknown, expected: string): boolean {
  if (typeof given !== 'string') return false
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
