// HTTP for the page's files and one WebSocket for what they say, on loopback alone.

import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { findPageFiles } from '../main/page-files'
import { BRIDGE_PATH } from '../shared/frames'
import { isOurs } from './admission'
import { serveFile } from './files'
import type { PageParts } from './page'
import type { Pages } from './pages'

const MAX_PAGES = 16
/** The longest text that a page may send to be kept, and more. */
const MAX_FRAME_BYTES = 4_194_304
/** For a page to answer the goodbye; one that is frozen or stuck does not. */
const GOODBYE_MS = 1000

export interface WebServer {
  readonly port: number
  /** Settles when every connection is closed. */
  close(): Promise<void>
}

/** `port` 0 is any that is free. Rejects where the port or the folder cannot be used. */
export async function serve(
  folder: string,
  port: number,
  pages: Pages,
  parts: PageParts,
): Promise<WebServer> {
  const files = await findPageFiles(folder)
  const server = createServer((request, response) =>
    serveFile(files, portOf(server), request, response),
  )
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
  })
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    if (!isPage(request, portOf(server))) refuse(stream, '403 Forbidden')
    else if (pages.count >= MAX_PAGES) refuse(stream, '503 Service Unavailable')
    else sockets.handleUpgrade(request, stream, head, (socket) => pages.add(socket, parts))
  })
  await listen(server, port)
  return {
    port: portOf(server),
    close: () => {
      pages.closeAll()
      const late = setTimeout(() => pages.cutOff(), GOODBYE_MS)
      return new Promise((resolve) => {
        server.close(() => {
          clearTimeout(late)
          resolve()
        })
        server.closeAllConnections()
      })
    },
  }
}

/** Browsers always tell the origin of who opens a WebSocket. */
function isPage(request: IncomingMessage, port: number): boolean {
  return (
    request.url === BRIDGE_PATH &&
    request.headers.origin !== undefined &&
    isOurs(request.headers, port)
  )
}

/** The connection is over even where the other end leaves its side open. */
function refuse(stream: Duplex, status: string): void {
  stream.on('error', () => {})
  stream.once('finish', () => stream.destroy())
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
