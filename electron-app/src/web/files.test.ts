import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Handlers } from '../main/ipc/answer'
import { Admission } from './admission'
import { Pages } from './pages'
import { serve, type WebServer } from './server'
import { pageIn } from './testing'

const PATIENCE_MS = 60_000

vi.setConfig({ testTimeout: PATIENCE_MS, hookTimeout: PATIENCE_MS })

let folder: string
let server: WebServer

/** Nobody is let in here, so nothing is called. */
const PARTS = {
  admission: new Admission(),
  handlers: {} as Handlers,
  pushAudio: () => {},
  unexpected: () => {},
  greet: () => {},
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sotto-test-'))
  writeFileSync(join(folder, 'secret.json'), '{}')
  server = await serve(pageIn(folder), 0, new Pages(), PARTS)
})

afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** The path goes out as it is: no client tidies it up. */
function ask(path: string, options: { method?: string; headers?: object } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {} } = options
    const address = { host: '127.0.0.1', port: server.port, path, method, headers: { ...headers } }
    request(address, async (response) => {
      const body = await text(response)
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
    })
      .on('error', reject)
      .end()
  })
}

test('the page comes with what keeps it from doing anything else', async () => {
  const { status, headers, body } = await ask('/')

  expect(status).toBe(200)
  expect(body).toContain('<title>Sotto</title>')
  expect(headers['content-type']).toBe('text/html; charset=utf-8')
  expect(headers['cache-control']).toBe('no-store')
  expect(headers['x-content-type-options']).toBe('nosniff')
  expect(headers['referrer-policy']).toBe('no-referrer')
  expect(headers['permissions-policy']).toContain('microphone=(self)')
  expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/)
  expect(headers['content-security-policy']).not.toMatch(/unsafe|\*|https?:/)
  expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
})

test('scripts come with their type', async () => {
  const { status, headers } = await ask('/assets/index.js?later')

  expect(status).toBe(200)
  expect(headers['content-type']).toBe('text/javascript; charset=utf-8')
})

test.each([
  '/secret.json',
  '/../secret.json',
  '/assets/../../secret.json',
  '/%2e%2e/secret.json',
  '/..%2fsecret.json',
  '/assets/..%5c..%5csecret.json',
  '//etc/passwd',
  '/etc/passwd',
  '/notes.txt',
  '/assets/',
  '/assets',
  '/index.html/',
  '/index.html%00.js',
  '/constructor',
  '/__proto__',
])('%s is not served', async (path) => {
  const { status, body } = await ask(path)

  expect(status).toBe(404)
  expect(body).toBe('There is nothing here.\n')
})

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s is refused', async (method) => {
  const { status, headers } = await ask('/', { method })

  expect(status).toBe(405)
  expect(headers['access-control-allow-origin']).toBeUndefined()
})

test('HEAD tells the same without the page', async () => {
  const { status, body, headers } = await ask('/', { method: 'HEAD' })

  expect({ status, body }).toEqual({ status: 200, body: '' })
  expect(headers['content-security-policy']).toBeDefined()
})

test.each([
  ['another name', { host: 'rebound.example' }],
  ['another port', { host: '127.0.0.1:1' }],
  ['no port', { host: '127.0.0.1' }],
  ['a foreign origin', { origin: 'https://evil.example' }],
  ['no origin to speak of', { origin: 'null' }],
])('who asks with %s is refused', async (_, headers) => {
  const { status, body } = await ask('/', { headers })

  expect(status).toBe(403)
  expect(body).not.toContain('Sotto')
})

// Elsewhere only 127.0.0.1 leads to this machine.
test.runIf(process.platform === 'linux')('the port is open on one address alone', async () => {
  const other = request({ host: '127.0.0.2', port: server.port })

  const failure = await new Promise((resolve) => other.on('error', resolve).end())

  expect(failure).toMatchObject({ code: 'ECONNREFUSED' })
})

test('a port that is taken is an error, not another port', async () => {
  const second = serve(join(folder, 'page'), server.port, new Pages(), PARTS)

  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('a folder without a page is an error that says what to do', async () => {
  const second = serve(join(folder, 'page', 'assets'), 0, new Pages(), PARTS)

  await expect(second).rejects.toThrow(/index\.html .* build it first/)
})
