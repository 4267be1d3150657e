import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect as connectTcp, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'vitest'
import { makeHandlers } from '../main/ipc/handlers'
import type { Services } from '../main/ipc/services'
import { Admission } from './admission'
import { Pages } from './pages'
import { serve, type WebServer } from './server'
import { connect, pageIn } from './testing'

/** Half of what a WebSocket library waits for an answer to its goodbye. */
const PATIENCE_MS = 15_000

let folder: string
let server: WebServer

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sotto-test-'))
  server = await serve(pageIn(folder), 0, new Pages(), {
    admission: new Admission(),
    handlers: makeHandlers({} as Services),
    pushAudio: () => {},
    unexpected: () => {},
    greet: () => {},
  })
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A program that says what it likes, and never closes its side. */
async function stubborn(request: string): Promise<Socket> {
  const socket = connectTcp({ host: '127.0.0.1', port: server.port, allowHalfOpen: true })
  await once(socket, 'connect')
  socket.write(`GET /bridge HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n${request}\r\n\r\n`)
  socket.resume()
  return socket
}

test('who is refused and stays does not hold up the end', { timeout: PATIENCE_MS }, async () => {
  const socket = await stubborn('Connection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://a.b')
  await once(socket, 'end')

  await server.close()

  socket.destroy()
})

test('a page that does not answer does not hold up the end', { timeout: PATIENCE_MS }, async () => {
  const page = connect(`http://127.0.0.1:${server.port}`)
  await once(page, 'open')
  page.pause()

  await server.close()

  page.terminate()
})

test('a request that never ends does not hold up the end', { timeout: PATIENCE_MS }, async () => {
  const socket = await stubborn('X-Slow: loris')
  socket.write('GET / HTTP/1.1\r\nHost: ')

  await server.close()

  socket.destroy()
})
