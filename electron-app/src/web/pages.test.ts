import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { WebSocket } from 'ws'
import type { Handlers } from '../main/ipc/answer'
import type { Preferences } from '../shared/protocol'
import { Admission } from './admission'
import { Pages } from './pages'
import { serve, type WebServer } from './server'
import { connect, pageIn } from './testing'

const PATIENCE_MS = 30_000
const BIG = { hotwords: ['x'.repeat(1_000_000)] } as unknown as Preferences

vi.setConfig({ testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS })

let folder: string
let pages: Pages
let server: WebServer
let key: string | null

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sotto-test-'))
  pages = new Pages()
  const admission = new Admission()
  key = admission.admit(null, admission.token)
  server = await serve(pageIn(folder), 0, pages, {
    admission,
    handlers: {} as Handlers, // nothing is called here
    pushAudio: () => {},
    unexpected: () => {},
    greet: () => {},
  })
})

afterEach(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

async function admitted(): Promise<WebSocket> {
  const socket = connect(`http://127.0.0.1:${server.port}`)
  await once(socket, 'open')
  socket.send(JSON.stringify({ t: 'hello', key, token: null }))
  await once(socket, 'message')
  return socket
}

test('a page that does not read is cut off, and the others are told all the same', async () => {
  const slow = await admitted()
  const quick = await admitted()
  const heard = vi.fn()
  quick.on('message', heard)
  slow.pause()

  let told = 0
  await vi.waitUntil(
    () => {
      pages.tell('config:changed', BIG)
      told += 1
      return pages.count === 1
    },
    { timeout: PATIENCE_MS, interval: 5 },
  )

  await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(told), PATIENCE_MS)
  slow.terminate()
  quick.terminate()
})

test('pages are told nothing before they were let in', async () => {
  const stranger = connect(`http://127.0.0.1:${server.port}`)
  const heard = vi.fn()
  stranger.on('message', heard)
  await once(stranger, 'open')
  await vi.waitFor(() => expect(pages.count).toBe(1))

  pages.tell('private:changed', true)
  stranger.send(JSON.stringify({ t: 'hello', key, token: null }))
  await once(stranger, 'message')

  expect(heard).toHaveBeenCalledOnce()
  expect(String(heard.mock.calls[0]?.[0])).toContain('"welcome"')
  stranger.terminate()
})

test('there may be sixteen pages, and no more', async () => {
  const open = await Promise.all(Array.from({ length: 16 }, admitted))
  const more = connect(`http://127.0.0.1:${server.port}`)

  const [, response] = await once(more, 'unexpected-response')

  expect(response.statusCode).toBe(503)
  for (const socket of open) socket.terminate()
})

test('a text is copied by the page that was used last, or else by one that may', async () => {
  const one = await admitted()
  const other = await admitted()
  const copying = (socket: WebSocket, ok: boolean) =>
    socket.on('message', (data) => {
      const { t, id } = JSON.parse(String(data))
      if (t === 'copy') socket.send(JSON.stringify({ t: 'copied', id, ok }))
    })
  copying(one, false)
  copying(other, true)

  const copied = await pages.copy('text')
  other.terminate()
  await vi.waitFor(() => expect(pages.count).toBe(1))
  const refused = await pages.copy('text')

  expect([copied, refused]).toEqual([true, false])
  one.terminate()
})

test('a page that vanishes while it copies has not copied', async () => {
  const page = await admitted()
  page.on('message', () => page.terminate())

  const copied = await pages.copy('text')

  expect(copied).toBe(false)
})

test('when the host leaves, pages are told so', async () => {
  const page = await admitted()

  const closed = once(page, 'close')
  await server.close()

  expect((await closed)[0]).toBe(1001)
})
