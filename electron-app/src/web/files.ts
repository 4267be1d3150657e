// Serves the built page, and nothing else of the disk: only files that were there at the start
// have an address.

import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, relative, sep } from 'node:path'
import { PAGE_HEADERS } from '../main/page-security'
import { isOurs } from './admission'

const MIME: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wav': 'audio/wav',
  '.wasm': 'application/wasm',
}

/** Path of each address, such as `/assets/index.js`. Rejects where the folder cannot be read. */
export type Files = ReadonlyMap<string, string>

export async function findFiles(folder: string): Promise<Files> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = new Map<string, string>()
  for (const entry of found) {
    if (!entry.isFile() || !(extname(entry.name) in MIME)) continue
    const path = join(entry.parentPath, entry.name)
    files.set(`/${relative(folder, path).split(sep).join('/')}`, path)
  }
  const index = files.get('/index.html')
  if (index === undefined) throw new Error(`There is no index.html in ${folder}: build it first.`)
  return files.set('/', index)
}

/** Answers a request for a file. */
export function serveFile(
  files: Files,
  port: number,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const path = files.get((request.url ?? '').replace(/[?#].*$/, ''))
  if (!isOurs(request.headers, port)) refuse(response, 403, 'This address is not served.')
  else if (!isRead) refuse(response, 405, 'Only GET and HEAD are served.')
  else if (path === undefined) refuse(response, 404, 'There is nothing here.')
  else send(path, request.method === 'HEAD', response)
}

function send(path: string, isHeadOnly: boolean, response: ServerResponse): void {
  response.writeHead(200, headersFor(path))
  if (isHeadOnly) {
    response.end()
    return
  }
  createReadStream(path)
    .on('error', () => response.destroy())
    .pipe(response)
}

/** Vite names files by their content, all but the page itself. */
function headersFor(path: string): Record<string, string> {
  const type = extname(path)
  return {
    ...PAGE_HEADERS,
    'Content-Type': MIME[type] ?? 'application/octet-stream',
    'Cache-Control': type === '.html' ? 'no-store' : 'no-cache',
  }
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { ...PAGE_HEADERS, 'Content-Type': 'text/plain; charset=utf-8' })
  response.end(`${sentence}\n`)
}
