// Serves the built page over HTTP, and nothing else of the disk.

import { createReadStream } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { headersOf, type PageFiles } from '../main/page-files'
import { PAGE_HEADERS } from '../main/page-security'
import { isOurs } from './admission'

/** Answers a request for a file. */
export function serveFile(
  files: PageFiles,
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
  response.writeHead(200, { ...PAGE_HEADERS, ...headersOf(path) })
  if (isHeadOnly) {
    response.end()
    return
  }
  createReadStream(path)
    .on('error', () => response.destroy())
    .pipe(response)
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { ...PAGE_HEADERS, 'Content-Type': 'text/plain; charset=utf-8' })
  response.end(`${sentence}\n`)
}
